import { TradeAiError } from '../core/errors.js';
import type { ModelRegistry } from '../ports/registry.js';
import { type CheckResult, fault, pass } from './report.js';

/** Are the copies for other programs those of the champion? Where they are not, they are made anew, and that is told. */
export async function checkCopies(name: string, registry: ModelRegistry): Promise<CheckResult> {
  try {
    const healed = await registry.healCopies(name);
    if (healed.length === 0) return pass('copies', 'the copies for other programs are those of the champion');
    return fault('copies', {
      status: 'warning',
      finding: `${healed.join(', ')} ${healed.length === 1 ? 'was' : 'were'} not the champion's, made anew now`,
      evidence: { healed },
      cause: 'another program has written there, or a promotion was cut off',
      command: null,
    });
  } catch (error) {
    if (!(error instanceof TradeAiError)) throw error;
    return fault('copies', {
      status: 'warning',
      finding: `the copies for other programs could not be made the champion's: ${error.message}`,
      evidence: {},
      cause: 'the disk refused it: look at the folder, its space and its permissions',
      command: null,
    });
  }
}
