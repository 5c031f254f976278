// The share of questions that were closed within some days.

/** @typedef {{ days: number }} Settings The object that fits `settings` below. */

const SECONDS_OF_DAY = 24 * 60 * 60;

/** @type {Settings} */
let settings;

/** @type {import("veche-sdk").Plugin<Settings>} */
export const plugin = {
  title: { ru: "Закрыто в срок", en: "Closed in time" },
  // The administrator's form is made of this JSON Schema.
  settings: {
    type: "object",
    additionalProperties: false,
    properties: {
      days: { type: "integer", minimum: 1, default: 5, description: "За сколько дней. / Within how many days." },
    },
  },

  configure(given) {
    settings = given;
  },
};

/** @type {import("veche-sdk/indicators").Indicators} */
export const indicators = {
  definitions: [
    {
      code: "closed-in-days",
      title: { ru: "Доля закрытых в срок", en: "Share of closed in time" },
      unit: "%",
      direction: "up",
      decimals: 1,
      columns: ["received_at", "closed_at"],
      dimensions: [],
    },
  ],

  measure(_, __, facts) {
    let [closed, all] = [0, 0];
    // Facts come in columns, some thousand rows at once, in the order of `columns` above.
    for (let batch = facts.next(); batch !== null; batch = facts.next()) {
      const [received, answered] = batch.columns;
      if (received?.tag !== "integers" || answered?.tag !== "integers") throw new Error("both columns hold moments");
      received.val.forEach((from, row) => {
        const to = answered.val[row] ?? NaN;
        all += 1;
        // Where nothing is, the moment is the smallest number that there is.
        if (to >= from && to <= from + settings.days * SECONDS_OF_DAY) closed += 1;
      });
    }
    return [{ value: all === 0 ? null : (closed / all) * 100, numerator: closed, denominator: all }];
  },
};
