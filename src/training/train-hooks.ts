/** What a training tells while it runs. */

import type { EnsembleHooks, MemberIndex } from '../lstm/ensemble.js';
import type { MemberProgress } from '../lstm/trainer.js';
import type { ModelConfig } from '../options/model-config.js';
import type { DataSummary } from '../versions/train-report.js';

/** One training of the walk-forward, or the final refit. */
export interface TrainStage {
  /** `fold 2/4`, `final refit`. */
  readonly label: string;
  readonly trainRows: number;
  readonly validationRows: number;
  /** Rows judged; 0 for the final refit. */
  readonly testRows: number;
  /** Epochs run by each member before; zeros unless resumed. */
  readonly epochsRun: readonly number[];
}

export interface TrainHooks {
  readonly signal?: AbortSignal;
  readonly onFetch?: (rowsDone: number, lastOpenTimeMs: number) => void;
  /** Called once, before the first epoch. */
  readonly onStart?: (start: TrainStart) => void;
  readonly onBatch?: EnsembleHooks['onBatch'];
  readonly onEpoch?: (index: MemberIndex, progress: MemberProgress) => void;
  /** Called when all networks are trained, before they are judged. */
  readonly onJudge?: () => void;
}

export interface TrainStart {
  readonly config: ModelConfig;
  readonly data: DataSummary;
  readonly engineDescription: string;
  readonly stages: readonly TrainStage[];
  readonly notices: readonly string[];
}
