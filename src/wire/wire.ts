/**
 * What crosses a boundary: the one description of every answer of the HTTP API, and of what the program keeps in files.
 * The server validates with it and makes OpenAPI from it; adapters check files with it; everybody takes its types. Times
 * are UTC epoch milliseconds, changes are fractions (0.012 = +1.2 %), what is unknown is `null`.
 */

export * from './candle.js';
export * from './data-health.js';
export * from './error.js';
export * from './event.js';
export * from './job.js';
export * from './ledger.js';
export * from './model.js';
export * from './prediction.js';
export * from './report.js';
export * from './request.js';
export * from './status.js';
export * from './track-record.js';
export * from './version.js';
export * from './vocabulary.js';
