/**
 * What can be done about a failure by somebody who reaches the program through its API or dashboard. Hints that hold
 * everywhere are told there too; those for the command line name flags and verbs, and one of these takes their place.
 */

import { describeError, type ErrorCode, TradeAiError } from '../core/errors.js';

const VERSIONS = 'POST /v1/models/{name}/promote puts another version in charge';
const AGAIN = 'POST /v1/retrain trains again';
const AT_THE_SERVER = 'where the server runs';
const CANDLES_OF_EXCHANGE = 'the server goes on asking by itself; GET /v1/data tells the last update of each series';
const FILE_AT_THE_SERVER = `mend the file ${AT_THE_SERVER} and import it there`;

const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  STORAGE_UNWRITABLE: `make room, or give the server the right to write there; nothing is lost, and it tries again`,
  STORAGE_UNREADABLE: `give the server the right to read there, or mend the file; its log has the path`,
  ENGINE_UNAVAILABLE: `the machine of the server has no such engine: train with another one ${AT_THE_SERVER}`,
  SOURCE_UNAVAILABLE: `install the missing package ${AT_THE_SERVER}`,
  VERSION_CONFLICT: 'GET /v1/models/{name} has the generation of now: look, and decide again',
  USAGE: 'GET /docs has the parameters',
  CONFIG_INVALID: `mend tradeai.config ${AT_THE_SERVER}`,
  SYMBOL_UNKNOWN: 'GET /v1/data lists the series there are',
  MODEL_NOT_FOUND: 'GET /v1/models lists the models, GET /v1/models/{name} the versions of one',
  CANDLES_NOT_FOUND: `GET /v1/data lists the series there are; others are fetched or imported ${AT_THE_SERVER}`,
  FILE_NOT_FOUND: `bring the file back, or import its candles, ${AT_THE_SERVER}`,
  CHECKPOINT_NOT_FOUND: AGAIN,
  CANDLE_FILE_UNREADABLE: FILE_AT_THE_SERVER,
  CANDLE_COLUMNS_MISSING: FILE_AT_THE_SERVER,
  CANDLE_VALUE_INVALID: FILE_AT_THE_SERVER,
  CANDLE_CONFLICT: FILE_AT_THE_SERVER,
  CANDLES_INVALID: AGAIN,
  CANDLES_TOO_FEW: `train again when more candles have closed, or once with smaller demands ${AT_THE_SERVER}`,
  DATA_REFUSED: `GET /v1/data has the findings; a training with wider limits is started ${AT_THE_SERVER}`,
  FEATURE_INVALID: 'look at that candle with GET /v1/candles',
  LEAK_FOUND: `train without that feature ${AT_THE_SERVER}`,
  TRAINING_DIVERGED: `train with a lower learning rate ${AT_THE_SERVER}`,
  MODEL_CORRUPT: `${VERSIONS}; ${AGAIN}`,
  MODEL_MISMATCH: `${VERSIONS}; ${AGAIN}`,
  EXCHANGE_UNREACHABLE: CANDLES_OF_EXCHANGE,
  EXCHANGE_REFUSED: CANDLES_OF_EXCHANGE,
  EXCHANGE_BANNED: 'ask for no training before then: each request lengthens the ban',
  EXCHANGE_RESTRICTED: `let the server ask another host or exchange, or import candles from files ${AT_THE_SERVER}`,
  EXCHANGE_RESPONSE_INVALID: CANDLES_OF_EXCHANGE,
  INTERRUPTED: 'POST /v1/retrain trains again; of a training that was stopped, what is done is kept',
};

/** An error as the API tells it. */
export function describeForServer(error: unknown): ReturnType<typeof describeError> {
  const described = describeError(error);
  if (!(error instanceof TradeAiError) || !error.isCommandHint) return described;
  return { ...described, hint: HINTS[error.code] ?? null };
}
