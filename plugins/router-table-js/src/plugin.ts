// Routes by a table. The dataset `routes` names a body for a category and a place; the most specific row wins. The terms
// come from settings, by category, legal regime and channel, and are counted by the production calendar of the region.
// The same rules as `router-table`, which is written in Rust.

import { type Plugin, type Priority, type Router, SettingsError, table } from "veche-sdk";
import * as datasets from "veche-sdk/datasets";

import { Clocks } from "./clocks.js";
import { fit, parse, type Pattern } from "./pattern.js";
import { find, read, type Route, type Routes } from "./routes.js";
import { schema, type Settings } from "./settings.js";

const DATASET = "routes";
const COLUMNS = ["category", "municipality", "district", "body"] as const;

let routes: Routes;
let clocks: Clocks;
let priorities: { pattern: Pattern; priority: Priority }[];
let defaultBody: string;

export const plugin: Plugin<Settings> = {
  title: { ru: "Маршрут по таблице (JavaScript)", en: "Route by table (JavaScript)" },
  summary: {
    ru: "Находит исполнителя в справочнике по категории, муниципалитету и району и ставит сроки по правовому режиму, каналу и категории.",
    en: "Finds the body in a dataset by category, municipality and district, and sets the terms by legal regime, channel and category.",
  },
  settings: schema,
  datasets: [
    table(DATASET, COLUMNS, {
      required: true,
      description: {
        ru: "Категория или блок.*, муниципалитет, район, орган; пусто или * — любой",
        en: "Category or block.*, municipality, district, body; empty or * is any",
      },
    }),
  ],

  configure(settings) {
    clocks = new Clocks(settings.clocks, settings.start);
    priorities = settings.priorities.map(({ category, priority }, index) => {
      try {
        return { pattern: parse(category), priority };
      } catch (error) {
        throw new SettingsError(`/priorities/${index}/category`, (error as Error).message);
      }
    });
    defaultBody = settings.default_body?.trim() ?? "";
    routes = read(datasets.table(DATASET, COLUMNS));
  },
};

export const router: Router = {
  route(appeal, category, context) {
    const route = find(routes, category.code, appeal.place);
    const body = route?.body ?? defaultBody;
    if (body === "") return null;
    return {
      body,
      priority: priorityOf(category.code),
      clocks: clocks.of(appeal, category.code, body),
      reasons: [reason(route, context.language)],
    };
  },
};

/** The most exact rule; of equal ones the first. */
function priorityOf(category: string): Priority {
  let best: { fit: number; priority: Priority } | undefined;
  for (const { pattern, priority } of priorities) {
    const found = fit(pattern, category);
    if (found !== undefined && (best === undefined || found > best.fit)) best = { fit: found, priority };
  }
  return best?.priority ?? "normal";
}

function reason(route: Route | undefined, language: string): string {
  const russian = language.startsWith("ru");
  if (route === undefined) {
    return russian
      ? `В справочнике ${DATASET} нет подходящей строки: орган по умолчанию`
      : `No row of dataset ${DATASET} fits: the default body`;
  }
  return russian
    ? `Строка ${route.row} справочника ${DATASET}: ${route.condition}`
    : `Row ${route.row} of dataset ${DATASET}: ${route.condition}`;
}
