/** Questions to the person at a terminal. Ctrl-C, Ctrl-D and Escape all leave them unanswered. */

import type { Readable, Writable } from 'node:stream';
import { TradeAiError } from '../core/errors.js';

const CTRL_D = '\x04';

export interface Questioning {
  readonly signal?: AbortSignal;
  /** The terminal when absent. */
  readonly input?: Readable;
  readonly output?: Writable;
}

/**
 * Asks for one of the names, found as they are typed.
 *
 * @returns what was typed where that is part of none of them
 * @throws TradeAiError `INTERRUPTED` without an answer
 */
export async function askForName(message: string, names: readonly string[], where: Questioning = {}): Promise<string> {
  const { autocomplete, isCancel } = await loadPrompts();
  const answer = await autocomplete<string>({
    ...where,
    message,
    options() {
      const typed = this.userInput.trim();
      const isKnown = names.some((name) => name.toLowerCase().includes(typed.toLowerCase()));
      const unknown = isKnown ? [] : [{ value: typed, hint: 'not one of them' }];
      return [...names.map((name) => ({ value: name })), ...unknown];
    },
  });
  if (isCancel(answer)) throw new TradeAiError('INTERRUPTED', 'no symbol was chosen');
  return answer;
}

/** Asks whether to go on; no is what Enter says. @throws TradeAiError `INTERRUPTED` without an answer */
export async function askWhether(message: string, where: Questioning = {}): Promise<boolean> {
  const { confirm, isCancel } = await loadPrompts();
  const answer = await confirm({ ...where, message, initialValue: false });
  if (isCancel(answer)) throw new TradeAiError('INTERRUPTED', 'nothing was done');
  return answer;
}

async function loadPrompts() {
  const prompts = await import('@clack/prompts');
  prompts.updateSettings({ aliases: { [CTRL_D]: 'cancel' } });
  return prompts;
}
