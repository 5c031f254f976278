// Appeals as lines of text with tabs between the columns.

/** @type {import("veche-sdk").Plugin} */
export const plugin = {
  title: { ru: "Текст с табуляцией", en: "Text with tabs" },
};

/** @type {import("veche-sdk/exporter").Exporter} */
export const exporter = {
  formats: [
    {
      id: "tabs",
      title: { ru: "Текст с табуляцией", en: "Text with tabs" },
      mediaType: "text/tab-separated-values; charset=utf-8",
      extension: "tsv",
      subject: "appeals",
      columns: ["id", "text"],
    },
  ],

  export(_, __, rows, output) {
    output.write(`${rows.columns().map((column) => column.name).join("\t")}\n`);
    let count = 0;
    // Rows come a few hundred at once, so memory stays flat; read them to the end.
    for (let some = rows.next(); some !== null; some = rows.next()) {
      const lines = some.map((row) => row.map((cell) => (cell.tag === "null" ? "" : String(cell.val).replace(/\s+/gu, " "))).join("\t"));
      output.write(lines.map((line) => `${line}\n`).join(""));
      count += some.length;
    }
    return { rows: count };
  },
};
