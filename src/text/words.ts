/** The words for what the wire calls by code. */

import type { JobState, ModelHealth, Verdict } from '../wire/vocabulary.js';

export type Tone = 'good' | 'notice' | 'bad' | 'plain';

export interface Word {
  readonly text: string;
  readonly tone: Tone;
  /** A sentence for those who ask. */
  readonly meaning: string;
}

export function describeVerdict(verdict: Verdict): Word {
  return verdict === 'skill'
    ? {
        text: 'Skill',
        tone: 'good',
        meaning: 'On rows it never saw, the model forecasts better than “no change” by more than chance explains.',
      }
    : {
        text: 'No demonstrated skill',
        tone: 'notice',
        meaning: 'On rows it never saw, the model is not better than “no change” by more than chance explains.',
      };
}

const HEALTH: Record<ModelHealth, Word> = {
  ok: { text: 'OK', tone: 'good', meaning: 'Forecast and model are current.' },
  'stale-data': {
    text: 'Stale data',
    tone: 'notice',
    meaning: 'The newest forecast is older than it should be: its signal is HOLD until the next one.',
  },
  'stale-model': { text: 'Stale model', tone: 'notice', meaning: 'The model has not been trained for long.' },
  drifting: {
    text: 'Drifting',
    tone: 'bad',
    meaning: 'The served forecasts do worse than the report of the model says.',
  },
  held: {
    text: 'Held',
    tone: 'bad',
    meaning: 'The served forecasts fell below the report: every signal is HOLD until another version is promoted.',
  },
  'no-champion': { text: 'No champion', tone: 'notice', meaning: 'No version is in charge yet: nothing is forecast.' },
  error: { text: 'Error', tone: 'bad', meaning: 'The last forecast failed.' },
};

export function describeHealth(health: ModelHealth): Word {
  return HEALTH[health];
}

const JOB: Record<JobState, Word> = {
  queued: { text: 'Queued', tone: 'plain', meaning: 'Waits for another training to end.' },
  running: { text: 'Running', tone: 'good', meaning: 'Trains outside the serving thread.' },
  done: { text: 'Done', tone: 'plain', meaning: 'A new version was made.' },
  failed: { text: 'Failed', tone: 'bad', meaning: 'It ended with an error; nothing was changed.' },
  cancelled: { text: 'Cancelled', tone: 'plain', meaning: 'Somebody stopped it; nothing was changed.' },
  interrupted: { text: 'Interrupted', tone: 'notice', meaning: 'The server stopped; the training can go on.' },
};

export function describeJob(state: JobState): Word {
  return JOB[state];
}

const TRIGGERS: Record<string, string> = {
  schedule: 'by the schedule',
  request: 'on request',
  drift: 'because of drift',
};

export function describeTrigger(trigger: string): string {
  return TRIGGERS[trigger] ?? trigger;
}
