/** News of adapters that a person should see and that are no failure: a retry, a pause, an engine that fell back. */

/** What a note is about, for those who search many of them. */
export interface NoteFacts {
  /** Host and port. */
  readonly host?: string;
  /** Source, symbol and interval. */
  readonly series?: string;
}

export type TakeNote = (text: string, facts?: NoteFacts) => void;
