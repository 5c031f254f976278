// Working days and hours. What the host answers with an error is thrown as a `CalendarFailure`.

import calendar from "veche:plugin/calendar";

import { refusal } from "./refusal.js";

/** A date cannot be counted. */
export class CalendarFailure extends Error {
  /** @param {{ tag: string, val?: string | number }} cause */
  constructor(cause) {
    super(text(cause), { cause });
    this.name = "CalendarFailure";
  }
}

/** @param {{ tag: string, val?: string | number }} error */
function text({ tag, val }) {
  switch (tag) {
    case "year-missing":
      return `the calendar has no facts for ${val}: load that year`;
    case "unknown-body":
      return `unknown body ${val}: correct the code or add the body to the dictionary`;
    default:
      return "no such date: check the day that was asked for";
  }
}

/**
 * @template {unknown[]} A
 * @template R
 * @param {(...args: A) => R} ask
 * @returns {(...args: A) => R}
 */
function checked(ask) {
  return (...args) => {
    try {
      return ask(...args);
    } catch (error) {
      const cause = refusal(error);
      throw cause === undefined ? error : new CalendarFailure(cause);
    }
  };
}

export const { version, localDate } = calendar;
export const startOfDay = checked(calendar.startOfDay);
export const endOfDay = checked(calendar.endOfDay);
export const isWorkingDay = checked(calendar.isWorkingDay);
export const addDays = checked(calendar.addDays);
export const addWorkingDays = checked(calendar.addWorkingDays);
export const addWorkingMinutes = checked(calendar.addWorkingMinutes);
export const workingDaysBetween = checked(calendar.workingDaysBetween);
