/** What pino's logger has. */
export interface DeskLog {
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}
