/** From an error to its HTTP status and its body. What is not ours is told as `INTERNAL`, without a word of its own. */

import { type ErrorKind, TradeAiError } from '../core/errors.js';
import { describeForServer } from '../text/server-hints.js';
import type { ErrorAnswer } from '../wire/wire.js';

const STATUS_OF_HTTP_CODE = {
  BODY_INVALID: 400,
  REQUEST_INVALID: 400,
  TOKEN_REQUIRED: 401,
  HOST_REFUSED: 403,
  ORIGIN_REFUSED: 403,
  ROUTE_NOT_FOUND: 404,
  REQUEST_TIMEOUT: 408,
  PRECONDITION_FAILED: 412,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_REFUSED: 415,
  RANGE_INVALID: 416,
  EXPECTATION_REFUSED: 417,
  REQUESTS_TOO_MANY: 429,
  HEADERS_TOO_LARGE: 431,
  STREAMS_TOO_MANY: 503,
  SHUTTING_DOWN: 503,
} as const;

export type HttpCode = keyof typeof STATUS_OF_HTTP_CODE;

/** A request refused for reasons of HTTP, before the forecast service is asked. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpCode;
  readonly statusCode: number;
  readonly hint: string | undefined;

  constructor(code: HttpCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.statusCode = STATUS_OF_HTTP_CODE[code];
    this.hint = hint;
  }
}

const STATUS_OF_KIND: Record<ErrorKind, number> = {
  failure: 500,
  usage: 400,
  'not-found': 404,
  data: 422,
  model: 500,
  exchange: 503,
  interrupted: 503,
};
/** Codes whose status says more than that of their kind. */
const STATUS_OF_CODE: Partial<Record<string, number>> = {
  VERSION_CONFLICT: 409,
  MODEL_MISMATCH: 409,
  JOBS_TOO_MANY: 429,
  FORECAST_STALE: 503,
};

/** Fastify's own refusals, by its code. */
const FRAMEWORK_CODES: Partial<Record<string, HttpCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_REFUSED',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BODY_INVALID',
  FST_ERR_CTP_EMPTY_TYPE: 'MEDIA_TYPE_REFUSED',
  FST_ERR_BAD_URL: 'REQUEST_INVALID',
  FST_ERR_MAX_PARAM_LENGTH: 'REQUEST_INVALID',
};

export interface HttpFailure {
  readonly status: number;
  readonly answer: ErrorAnswer;
  /** Whether a person should look at it: the fault is not the caller's. */
  readonly isOurs: boolean;
}

/** @example const { status, answer } = describeFailure(error, request.id); */
export function describeFailure(error: unknown, requestId: string): HttpFailure {
  const { status, code, message, hint } = readFailure(error);
  return {
    status,
    answer: { error: { code, message, hint: hint ?? null, requestId } },
    isOurs: status === 500,
  };
}

function readFailure(error: unknown): { status: number; code: string; message: string; hint?: string | null } {
  if (error instanceof TradeAiError) {
    const status = STATUS_OF_CODE[error.code] ?? STATUS_OF_KIND[error.kind];
    return { status, ...describeForServer(error) };
  }
  if (error instanceof HttpError) {
    return { status: error.statusCode, code: error.code, message: error.message, hint: error.hint };
  }
  const frameworkCode = FRAMEWORK_CODES[(error as { code?: string }).code ?? ''];
  if (frameworkCode !== undefined) {
    return { status: STATUS_OF_HTTP_CODE[frameworkCode], code: frameworkCode, message: MESSAGES[frameworkCode] };
  }
  return {
    status: 500,
    code: 'INTERNAL',
    message: 'an error of the program; its log has it under this request id',
  };
}

/** Of Fastify's refusals, whose own words may repeat what was sent. */
const MESSAGES: Record<HttpCode, string> = {
  BODY_INVALID: 'the body is not as long as its header says',
  REQUEST_INVALID: 'the address of the request cannot be read',
  TOKEN_REQUIRED: 'a token is required',
  HOST_REFUSED: 'the Host is not allowed',
  ORIGIN_REFUSED: 'the Origin is not allowed',
  ROUTE_NOT_FOUND: 'there is no such route',
  REQUEST_TIMEOUT: 'the request took too long to arrive',
  PRECONDITION_FAILED: 'the file is not the one that the request is about',
  BODY_TOO_LARGE: 'the body is larger than this route takes',
  MEDIA_TYPE_REFUSED: 'expected a body of application/json',
  RANGE_INVALID: 'the file has no such range',
  EXPECTATION_REFUSED: 'expected no Expect but 100-continue',
  REQUESTS_TOO_MANY: 'too many requests',
  HEADERS_TOO_LARGE: 'the headers are too long',
  STREAMS_TOO_MANY: 'too many streams are open',
  SHUTTING_DOWN: 'the server is stopping',
};
