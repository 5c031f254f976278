// Terms of an appeal: which rule, and when it ends.

import { type Appeal, type CalendarDate, type Clock, type Instant, SettingsError } from "veche-sdk";
import * as calendar from "veche-sdk/calendar";

import { fit, parse, type Pattern, print } from "./pattern.js";
import { type ClockRule, KINDS, type Start } from "./settings.js";

const SECONDS_OF_HOUR = 3600;
const MINUTES_OF_HOUR = 60;

/** A rule with its conditions read. */
interface Rule {
  category: Pattern;
  regime: string | undefined;
  channel: string | undefined;
  rule: ClockRule;
}

/** How exactly a rule names an appeal: category before regime before channel. */
type Fit = [category: number, regime: number, channel: number];

export class Clocks {
  private readonly rules: Rule[] = [];
  private readonly start: Start;

  constructor(rules: readonly ClockRule[], start: Start) {
    this.start = start;
    rules.forEach((rule, index) => {
      const at = `/clocks/${index}`;
      if (rule.basis.trim() === "") {
        throw new SettingsError(`${at}/basis`, "no basis: name the act or the rule that sets the term");
      }
      let category: Pattern;
      try {
        category = parse(rule.category ?? "");
      } catch (error) {
        throw new SettingsError(`${at}/category`, (error as Error).message);
      }
      const read = { category, regime: condition(rule.regime), channel: condition(rule.channel), rule };
      const same = this.rules.findIndex((known) => conditions(known) === conditions(read));
      if (same >= 0) {
        throw new SettingsError(at, `rule ${same} (from 0) has the same kind and conditions: keep one of them`);
      }
      this.rules.push(read);
    });
  }

  /** The terms of an appeal that this body answers. */
  of(appeal: Appeal, category: string, body: string): Clock[] {
    const chosen = new Map<ClockRule["kind"], { fit: Fit; rule: ClockRule }>();
    for (const rule of this.rules) {
      const found = fits(rule, appeal, category);
      const best = chosen.get(rule.rule.kind);
      if (found && (!best || more(found, best.fit))) chosen.set(rule.rule.kind, { fit: found, rule: rule.rule });
    }
    const first = this.firstDay(appeal.receivedAt);
    return KINDS.flatMap((kind) => {
      const rule = chosen.get(kind)?.rule;
      if (!rule) return [];
      const due = ends(rule, appeal.receivedAt, first, body);
      return [{ kind: kind === "first_reaction" ? "first-reaction" : kind, due, basis: rule.basis } satisfies Clock];
    });
  }

  private firstDay(received: Instant): CalendarDate {
    const day = calendar.localDate(received);
    return this.start === "received" ? day : calendar.addDays(day, 0, "forward");
  }
}

function fits(rule: Rule, appeal: Appeal, category: string): Fit | undefined {
  const exact = fit(rule.category, category);
  if (exact === undefined) return undefined;
  if (rule.regime !== undefined && rule.regime !== appeal.regime) return undefined;
  if (rule.channel !== undefined && rule.channel !== appeal.channel) return undefined;
  return [exact, Number(rule.regime !== undefined), Number(rule.channel !== undefined)];
}

function more(one: Fit, other: Fit): boolean {
  const at = one.findIndex((part, index) => part !== other[index]);
  return at >= 0 && one[at]! > other[at]!;
}

function conditions({ category, regime, channel, rule }: Rule): string {
  return JSON.stringify([rule.kind, print(category), regime, channel]);
}

/** Forms send an empty text for a field that was left out. */
function condition(text: string | null | undefined): string | undefined {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" || trimmed === "*" ? undefined : trimmed;
}

/** The last moment that is still in time. */
function ends(rule: ClockRule, received: Instant, first: CalendarDate, body: string): Instant {
  const inclusive = rule.counting === "inclusive";
  switch (rule.unit) {
    case "hours":
      return received + rule.amount * SECONDS_OF_HOUR;
    case "working_hours":
      return calendar.addWorkingMinutes(body, received, rule.amount * MINUTES_OF_HOUR);
    case "working_days": {
      // The first day can only be day 1 if it is a working day.
      const counted = inclusive && calendar.isWorkingDay(first);
      return calendar.endOfDay(calendar.addWorkingDays(first, rule.amount - Number(counted)));
    }
    case "calendar_days": {
      const days = rule.amount - Number(inclusive);
      const due = calendar.endOfDay(calendar.addDays(first, days, rule.roll ?? "stay"));
      // Rolled back over a long holiday, a short term would end before the appeal came.
      return due >= received ? due : calendar.endOfDay(calendar.addDays(first, days, "forward"));
    }
  }
}
