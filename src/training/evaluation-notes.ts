import type { Measured } from '../evaluation/measured.js';

/** Passes a figure on, and notes why it is `null`. */
export type TakeMeasured = <Value>(what: string, value: Measured<Value>) => Value | null;

/** Why figures are `null`, for the report's warnings. */
export class EvaluationNotes {
  readonly texts: string[] = [];

  readonly take: TakeMeasured = (what, { value, reason }) => {
    if (value === null) this.texts.push(`${what} is null: ${reason}`);
    return value;
  };
}
