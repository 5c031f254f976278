// Sends the appeals of one category to a body, with a term in working days.

import { needsPerson } from "veche-sdk";
import * as calendar from "veche-sdk/calendar";

/** @typedef {{ category: string, body: string, answer_days: number }} Settings The object that fits `settings` below. */

/** @type {Settings} */
let settings;

/** @type {import("veche-sdk").Plugin<Settings>} */
export const plugin = {
  title: { ru: "Исполнитель категории", en: "Body of a category" },
  // The administrator's form is made of this JSON Schema.
  settings: {
    type: "object",
    additionalProperties: false,
    required: ["category", "body"],
    properties: {
      category: { type: "string", description: "Категория. / Category." },
      body: { type: "string", description: "Исполнитель. / Body that acts." },
      answer_days: { type: "integer", minimum: 1, maximum: 60, default: 10, description: "Срок ответа, рабочих дней. / Term, working days." },
    },
  },

  // Runs once for each binding; every call starts from what it leaves.
  configure(given) {
    settings = given;
  },
};

/** @type {import("veche-sdk").Router} */
export const router = {
  route(appeal, category) {
    if (category.code !== settings.category) return null;
    if (appeal.place.municipality === null) return needsPerson("В каком муниципалитете это находится?");
    const last = calendar.addWorkingDays(calendar.localDate(appeal.receivedAt), settings.answer_days);
    return {
      body: settings.body,
      priority: appeal.text.includes("!") ? "high" : "normal",
      clocks: [{ kind: "answer", due: calendar.endOfDay(last), basis: `Регламент, рабочих дней: ${settings.answer_days}` }],
      reasons: [`Категория ${category.code}`],
    };
  },
};
