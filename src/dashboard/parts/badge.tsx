/** A word with a shape: the shape says the same as the colour, to those who do not see the colour. */

import type { Tone, Word } from '../../text/words.js';
import type { PredictionAnswer } from '../../wire/wire.js';

type Signal = PredictionAnswer['signal'];

const SHAPES: Record<Tone, string> = {
  good: 'M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9z',
  notice: 'M6 1.200L11.2 10.500H.800z',
  bad: 'M1.5 1.500h9v9h-9z',
  plain: 'M6 3.500a2.5 2.5 0 1 1 0 5a2.5 2.5 0 0 1 0-5z',
};

export function Badge({ word, isQuiet = false }: { word: Word; isQuiet?: boolean }) {
  return (
    <span class={`badge tone-${word.tone}${isQuiet ? ' light' : ''}`} title={word.meaning}>
      <Shape path={SHAPES[word.tone]} />
      {word.text}
    </span>
  );
}

const SIGNALS: Record<Signal, { path: string; meaning: string }> = {
  BUY: { path: 'M6 1L11 10.500H1z', meaning: 'The expected rise is above the costs, with enough confidence.' },
  SELL: { path: 'M6 11L1 1.500h10z', meaning: 'The expected fall is above the costs, with enough confidence.' },
  HOLD: {
    path: 'M1.5 4.800h9v2.400h-9z',
    meaning: 'The expected change does not pay for its costs, or is too unsure.',
  },
};

export function SignalBadge({ signal }: { signal: Signal }) {
  const { path, meaning } = SIGNALS[signal];
  return (
    <span class={`signal ${signal.toLowerCase()}`} title={meaning}>
      <Shape path={path} />
      {signal}
    </span>
  );
}

/** A mark of a version: champion, previous, shadow. */
export function Tag({ text, kind = 'plain' }: { text: string; kind?: 'strong' | 'plain' | 'dashed' }) {
  return <span class={`tag ${kind}`}>{text}</span>;
}

function Shape({ path }: { path: string }) {
  return (
    <svg class="shape" viewBox="0 0 12 12" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}
