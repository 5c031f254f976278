// Says that an appeal is of one category if one of some words stands in its text.

import { SettingsError } from "veche-sdk";
import * as directory from "veche-sdk/directory";
import * as log from "veche-sdk/log";

/** @typedef {{ category: string, words: string[] }} Settings The object that fits `settings` below. */

/** @type {Settings} */
let settings;

/** @type {import("veche-sdk").Plugin<Settings>} */
export const plugin = {
  title: { ru: "Категория по словам", en: "Category by words" },
  // The administrator's form is made of this JSON Schema.
  settings: {
    type: "object",
    additionalProperties: false,
    required: ["category"],
    properties: {
      category: { type: "string", description: "Категория обращений с этими словами. / Category of appeals with these words." },
      words: {
        type: "array",
        items: { type: "string", minLength: 2 },
        minItems: 1,
        default: ["яма", "ямы", "выбоин"],
        description: "Начала слов, в нижнем регистре. / Beginnings of words, in lower case.",
      },
    },
  },

  // Runs once for each binding; every call starts from what it leaves.
  configure(given) {
    if (given.words.some((word) => word !== word.toLowerCase())) {
      throw new SettingsError("/words", "a word has capital letters: write all of them in lower case");
    }
    settings = given;
  },
};

/** @type {import("veche-sdk").Categorizer} */
export const categorizer = {
  categorize(appeal) {
    const words = appeal.text.toLowerCase().split(/[^\p{L}]+/u);
    const found = words.filter((word) => settings.words.some((start) => word.startsWith(start)));
    log.debug(`${found.length} of ${words.length} words`);
    if (found.length === 0 || directory.categoryByCode(settings.category) === null) return null;
    return [{ category: settings.category, confidence: 0.9, reasons: [{ message: `Слова: ${found.join(", ")}`, evidence: found }] }];
  },
};
