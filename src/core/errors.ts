/**
 * The error catalogue. Every failure a user can cause or meet has a code here; the kind of the code decides the exit
 * status of the command line and the status of the HTTP API.
 */

export type ErrorKind = 'failure' | 'usage' | 'not-found' | 'data' | 'model' | 'exchange' | 'interrupted';

const KIND_OF_CODE = {
  INTERNAL: 'failure',
  STORAGE_UNWRITABLE: 'failure',
  STORAGE_UNREADABLE: 'failure',
  ENGINE_UNAVAILABLE: 'failure',
  SOURCE_UNAVAILABLE: 'failure',
  VERSION_CONFLICT: 'failure',
  VERSION_IN_USE: 'failure',
  WORKSPACE_BUSY: 'failure',
  WORKSPACE_NEWER: 'failure',
  TRAINING_DIVERGED: 'failure',
  TRAINING_STALLED: 'failure',
  JOBS_TOO_MANY: 'failure',
  USAGE: 'usage',
  CONFIG_INVALID: 'usage',
  NAME_INVALID: 'usage',
  INTERVAL_INVALID: 'usage',
  FEATURE_UNKNOWN: 'usage',
  FILE_NOT_FOUND: 'not-found',
  SYMBOL_UNKNOWN: 'not-found',
  MODEL_NOT_FOUND: 'not-found',
  CANDLES_NOT_FOUND: 'not-found',
  CHECKPOINT_NOT_FOUND: 'not-found',
  JOB_NOT_FOUND: 'not-found',
  FORECAST_NOT_READY: 'not-found',
  FORECAST_STALE: 'data',
  CANDLE_FILE_UNREADABLE: 'data',
  CANDLE_COLUMNS_MISSING: 'data',
  CANDLE_VALUE_INVALID: 'data',
  CANDLE_CONFLICT: 'data',
  CANDLES_TOO_FEW: 'data',
  CANDLES_INVALID: 'data',
  DATA_REFUSED: 'data',
  COLUMN_INVALID: 'data',
  FEATURE_INVALID: 'data',
  LEAK_FOUND: 'data',
  MODEL_CORRUPT: 'model',
  MODEL_MISMATCH: 'model',
  EXCHANGE_UNREACHABLE: 'exchange',
  EXCHANGE_REFUSED: 'exchange',
  EXCHANGE_BANNED: 'exchange',
  EXCHANGE_RESTRICTED: 'exchange',
  EXCHANGE_RESPONSE_INVALID: 'exchange',
  CLOCK_SKEWED: 'exchange',
  INTERRUPTED: 'interrupted',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof KIND_OF_CODE;

export interface ErrorDetails {
  /** What the reader can do next, wherever they read it: no flag and no verb of the command line. */
  hint?: string;
  /** The same for the command line, in place of `hint`; what the API tells then is in `text/server-hints.ts`. */
  commandHint?: string;
  cause?: unknown;
}

/**
 * An expected failure: what was expected and what was found stand in the message, the next step in `hint`.
 *
 * @example throw new TradeAiError('CANDLES_TOO_FEW', 'BTCUSDT 1h: 900 candles needed, there are 120', { hint: '…' })
 */
export class TradeAiError extends Error {
  override readonly name = 'TradeAiError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  /** As the command line and the library tell it. */
  readonly hint: string | undefined;
  readonly #isCommandHint: boolean;

  constructor(code: ErrorCode, message: string, { hint, commandHint, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = KIND_OF_CODE[code];
    this.hint = commandHint ?? hint;
    this.#isCommandHint = commandHint !== undefined;
  }

  /** Whether the hint names flags or verbs, which only the command line has. */
  get isCommandHint(): boolean {
    return this.#isCommandHint;
  }

  /** The hint, for another error that passes it on. */
  get hintDetails(): Pick<ErrorDetails, 'hint' | 'commandHint'> {
    return this.#isCommandHint ? { commandHint: this.hint } : { hint: this.hint };
  }
}

/** Throws `INTERRUPTED` when the signal is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TradeAiError('INTERRUPTED', 'interrupted');
}

/** An error as `--json` prints it. */
export function describeError(error: unknown): { code: string; message: string; hint: string | null } {
  if (error instanceof TradeAiError) return { code: error.code, message: error.message, hint: error.hint ?? null };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), hint: null };
}
