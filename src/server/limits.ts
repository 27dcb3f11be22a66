/** Hard limits of the server: what a request may cost before anything is done for it. */

export interface ServerLimits {
  /** Of a JSON body. */
  readonly bodyBytes: number;
  /** Of the body of an inference, which carries windows; it holds the rows of all but the largest models. */
  readonly inferBodyBytes: number;
  /** Rows of one inference at most: B in `[B, W, F]`. */
  readonly inferRows: number;
  /** Request line and headers together. */
  readonly headerBytes: number;
  /** Until the headers of a request are there. */
  readonly headersTimeoutMs: number;
  /** Until the whole request is there. */
  readonly requestTimeoutMs: number;
  readonly connections: number;
  /** Of one client on another machine. */
  readonly clientConnections: number;
  /** Of one client on another machine. */
  readonly requestsPerMinute: number;
  /** Until a connection without a request is closed; longer than the minute that proxies keep theirs. */
  readonly keepAliveMs: number;
  readonly streams: number;
  /** Bytes a stream may lie behind before it is dropped. */
  readonly streamBufferBytes: number;
  readonly heartbeatMs: number;
  /** For requests under way when the server is stopped. */
  readonly drainMs: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  bodyBytes: 64 * 1_024,
  inferBodyBytes: 16 * 1_024 * 1_024,
  inferRows: 256,
  headerBytes: 16 * 1_024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 20_000,
  connections: 2_048,
  clientConnections: 256,
  requestsPerMinute: 6_000,
  keepAliveMs: 72_000,
  streams: 64,
  streamBufferBytes: 256 * 1_024,
  heartbeatMs: 15_000,
  drainMs: 10_000,
};
