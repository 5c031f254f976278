// Settings as the administrator gives them, with defaults for Russia.

import type { Priority, SettingsSchema } from "veche-sdk";

export const KINDS = ["registration", "forwarding", "first_reaction", "answer", "extension"] as const;
const UNITS = ["calendar_days", "working_days", "working_hours", "hours"] as const;
const COUNTINGS = ["exclusive", "inclusive"] as const;
const ROLLS = ["stay", "back", "forward"] as const;
const STARTS = ["received", "next_working_day"] as const;
const PRIORITIES = ["low", "normal", "high", "urgent"] as const satisfies Priority[];

/** The day that a term runs from. */
export type Start = (typeof STARTS)[number];

/** One term. What is empty fits anything. */
export interface ClockRule {
  kind: (typeof KINDS)[number];
  regime?: string | null;
  channel?: string | null;
  category?: string | null;
  amount: number;
  unit: (typeof UNITS)[number];
  counting?: (typeof COUNTINGS)[number];
  roll?: (typeof ROLLS)[number];
  basis: string;
}

/** Priority of a category. */
export interface PriorityRule {
  category: string;
  priority: Priority;
}

export interface Settings {
  clocks: ClockRule[];
  priorities: PriorityRule[];
  default_body: string | null;
  start: Start;
}

/**
 * What holds in Russia unless a region sets its own terms. The terms of the POS and of social networks are set by each
 * region; these are common ones.
 */
const CLOCKS: ClockRule[] = [
  // Received before days off, it may be registered on the next working day.
  { regime: "59fz", kind: "registration", amount: 3, unit: "calendar_days", roll: "forward", basis: "59-ФЗ ст. 8 ч. 2, 3 дня" },
  { regime: "59fz", kind: "forwarding", amount: 7, unit: "calendar_days", roll: "back", basis: "59-ФЗ ст. 8 ч. 3, 7 дней" },
  { regime: "59fz", kind: "answer", amount: 30, unit: "calendar_days", roll: "back", basis: "59-ФЗ ст. 12 ч. 1, 30 дней" },
  { regime: "pos", kind: "answer", amount: 30, unit: "calendar_days", roll: "back", basis: "ПОС (ПП РФ № 1802), обычный порядок, 30 дней" },
  { regime: "pos-fast", kind: "answer", amount: 10, unit: "calendar_days", roll: "back", basis: "ПОС (ПП РФ № 1802), фаст-трек, 10 дней" },
  { regime: "social", kind: "first_reaction", amount: 4, unit: "working_hours", basis: "Регламент ЦУР: первая реакция, 4 рабочих часа" },
  { regime: "social", kind: "answer", amount: 9, unit: "working_hours", basis: "Регламент ЦУР: ответ в соцсети, 9 рабочих часов" },
];

const optional = (description: string) => ({ type: ["string", "null"], default: null, description });

export const schema = {
  type: "object",
  additionalProperties: false,
  properties: {
    clocks: {
      type: "array",
      default: CLOCKS,
      description:
        "Сроки. Для каждого вида действует самое точное из подходящих правил. / Terms. For each kind the most specific rule " +
        "that fits is used: category first, then regime, then channel.",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["kind", "amount", "unit", "basis"],
        properties: {
          kind: { enum: KINDS, description: "Вид срока. / Which term." },
          regime: optional("Правовой режим (`59fz`, `pos`, `social`, …); пусто — любой. / Legal regime; any if empty."),
          channel: optional("Канал; пусто — любой. / Channel; any if empty."),
          category: optional("Категория или `блок.*`; пусто — любая. / Category or `block.*`; any if empty."),
          amount: { type: "integer", minimum: 1, maximum: 10_000, description: "Сколько единиц. / How many units." },
          unit: { enum: UNITS, description: "Единица. / Unit." },
          counting: { enum: COUNTINGS, default: "exclusive", description: "Входит ли первый день в срок. / Whether the first day is counted." },
          roll: {
            enum: ROLLS,
            default: "stay",
            description:
              "Куда переносится срок в календарных днях, если он кончается в нерабочий день. / Where a term in calendar days " +
              "goes that ends on a day off.",
          },
          basis: {
            type: "string",
            minLength: 1,
            maxLength: 300,
            description: "Основание, как его увидит оператор: «59-ФЗ ст. 12 ч. 1, 30 дней». / Basis, for the operator.",
          },
        },
      },
    },
    priorities: {
      type: "array",
      default: [],
      description: "Срочность по категориям; без правила — обычная. / Priority by category; ordinary without a rule.",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["category", "priority"],
        properties: {
          category: { type: "string", minLength: 1, description: "Категория или `блок.*`. / Category or `block.*`." },
          priority: { enum: PRIORITIES, description: "Срочность. / Priority." },
        },
      },
    },
    default_body: optional(
      "Орган, если ни одна строка справочника не подошла; без него решает следующий плагин. / Body where no row fits; " +
        "without it the next plug-in is asked.",
    ),
    start: { enum: STARTS, default: "received", description: "День, от которого идёт срок. / The day that a term runs from." },
  },
} satisfies SettingsSchema;
