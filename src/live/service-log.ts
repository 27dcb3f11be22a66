/** What pino's logger has. */
export interface ServiceLog {
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}
