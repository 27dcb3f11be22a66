/** Asks for the token of the server. It stays in the session storage of this tab and is gone when the tab is closed. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../../client/client.js';
import { api, describeError, hasToken, isTokenMissing, setToken } from '../api.js';
import { Dialog } from '../parts/dialog.js';
import { retryNow } from '../state/service.js';

export function TokenPrompt() {
  const field = useRef<HTMLInputElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | undefined>(
    hasToken() ? 'The token of this tab is not accepted any more.' : undefined,
  );
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const token = field.current!.value.trim();
    if (token === '') return;
    setBusy(true);
    setToken(token);
    try {
      await api.status();
      isTokenMissing.value = false;
      retryNow();
    } catch (error) {
      setBusy(false);
      setProblem(
        error instanceof ApiError && error.status === 401
          ? 'This token is not accepted.'
          : describeError(error).message,
      );
      if (error instanceof ApiError && error.status === 401) setToken(undefined);
      field.current?.select();
    }
  };
  return (
    <Dialog title="This server asks for a token" onClose={() => {}} isModalOnly>
      <p>It was set where the server was started. It stays in this tab and is forgotten when the tab is closed.</p>
      <form onSubmit={submit}>
        <label class="field wide">
          <span>Token</span>
          <input
            ref={field}
            type="password"
            autocomplete="current-password"
            spellcheck={false}
            required
            aria-invalid={problem !== undefined}
            aria-describedby="token-problem"
          />
        </label>
        <p id="token-problem" class="field-problem" role="alert">
          {problem}
        </p>
        <div class="actions">
          <button type="submit" class="button primary" disabled={isBusy}>
            {isBusy ? 'One moment…' : 'Open the dashboard'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
