import type { ServeOptions } from '../options/serve-options.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { ServerEvent } from '../wire/wire.js';
import type { LiveModelContext } from './live-model.js';

/** What the parts of a served model share. */
export interface ModelContext extends LiveModelContext {
  readonly name: string;
  readonly serve: Pick<ServeOptions, 'shadow' | 'demoteOnDrift' | 'staleAnswers'>;
  readonly tell: (event: ServerEvent) => void;
  /** Whether the history of a series is being fetched: what is stored of it is not all there is. */
  readonly isFilling: (key: StoredSeriesKey) => boolean;
  /** Why a series could not be brought up to date last; `undefined` while it can. */
  readonly outageOf: (key: StoredSeriesKey) => string | undefined;
  /** The champion has fallen below its report. */
  readonly onDrift: () => void;
  /** Told of what has failed; corrupt versions and pointers are counted. */
  readonly report: (error: unknown) => void;
}
