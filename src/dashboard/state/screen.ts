import { signal } from '@preact/signals';

/** Below this the table of models would scroll sideways, and cards say it better. */
const query = matchMedia('(min-width: 72rem)');

export const hasRoomForTable = signal(query.matches);

query.addEventListener('change', () => {
  hasRoomForTable.value = query.matches;
});
