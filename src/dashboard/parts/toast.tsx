/** What has just happened, for a while, at the foot of the page; read out once. */

import { signal } from '@preact/signals';

const SHOWN_MS = 7_000;

const message = signal<{ readonly text: string; readonly id: number } | undefined>(undefined);
let count = 0;

export function showToast(text: string): void {
  count += 1;
  const id = count;
  message.value = { text, id };
  setTimeout(() => {
    if (message.value?.id === id) message.value = undefined;
  }, SHOWN_MS);
}

export function Toasts() {
  return (
    <div class="toasts" role="status">
      {message.value !== undefined && (
        <p key={message.value.id} class="toast">
          {message.value.text}
        </p>
      )}
    </div>
  );
}
