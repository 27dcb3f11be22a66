/* What a page of somebody else's may try: given to the browser as text, run in its page. */

/** Every way to reach `target` that a script has; by name, what came of it. */
async function attack(target) {
  const results = {};
  const tell = async (name, run) => {
    results[name] = await run().catch((error) => `refused: ${error.name}`);
  };
  const read = async (path, init) => {
    const answer = await fetch(target + path, init);
    return `read: ${answer.type} ${answer.status} ${(await answer.text()).slice(0, 40)}`;
  };
  const body = JSON.stringify({ names: ['BTCUSDT'] });
  const json = { 'content-type': 'application/json' };
  await tell('fetch', () => read('/v1/models'));
  await tell('fetch health', () => read('/healthz'));
  await tell('fetch metrics', () => read('/metrics'));
  await tell('fetch with credentials', () => read('/v1/models', { credentials: 'include' }));
  await tell('fetch no-cors', () => read('/v1/models', { mode: 'no-cors' }));
  await tell('fetch navigate-like', () =>
    read('/v1/models', { referrerPolicy: 'no-referrer', headers: { accept: 'text/html' } }),
  );
  await tell('post json', () => read('/v1/retrain', { method: 'POST', headers: json, body }));
  await tell('post text', () => read('/v1/retrain', { method: 'POST', mode: 'no-cors', body }));
  await tell('post form', () =>
    read('/v1/retrain', { method: 'POST', mode: 'no-cors', body: new URLSearchParams({ names: 'BTCUSDT' }) }),
  );
  await tell('post blob', () =>
    read('/v1/retrain', {
      method: 'POST',
      mode: 'no-cors',
      body: new Blob([body], { type: 'text/plain;application/json' }),
    }),
  );
  await tell('post with json by no-cors', () =>
    read('/v1/retrain', { method: 'POST', mode: 'no-cors', headers: json, body }),
  );
  await tell('put', () => read('/v1/retrain', { method: 'PUT', headers: json, body }));
  await tell('beacon', async () => {
    navigator.sendBeacon(`${target}/v1/models/BTCUSDT/rollback`, new Blob(['{}'], { type: 'text/plain' }));
    return 'sent';
  });
  await tell('events', () => {
    const source = new EventSource(`${target}/v1/events`);
    return new Promise((resolve, reject) => {
      source.onopen = () => resolve('read: open');
      source.onmessage = () => resolve('read: message');
      source.onerror = () => reject(new Error('closed'));
    });
  });
  await tell('web socket', () => {
    const socket = new WebSocket(`${target.replace('http', 'ws')}/v1/events`);
    return new Promise((resolve, reject) => {
      socket.onopen = () => resolve('read: open');
      socket.onerror = () => reject(new Error('closed'));
    });
  });
  await tell('script', () => {
    const script = document.createElement('script');
    script.src = `${target}/v1/models`;
    return new Promise((resolve, reject) => {
      script.onload = () => resolve('read: ran');
      script.onerror = () => reject(new Error('blocked'));
      document.head.append(script);
    });
  });
  await tell('image', () => {
    const image = new Image();
    image.src = `${target}/docs/icon.svg`;
    return new Promise((resolve, reject) => {
      image.onload = () => resolve('read: shown');
      image.onerror = () => reject(new Error('blocked'));
    });
  });
  return results;
}

/** Sends a form whose text/plain body is JSON: {"names":["BTCUSDT"],"x":"="} */
function submitForm({ action, enctype }) {
  const form = document.createElement('form');
  Object.assign(form, { action, enctype, method: 'POST' });
  const input = document.createElement('input');
  Object.assign(input, { name: '{"names":["BTCUSDT"],"x":"', value: '"}' });
  form.append(input);
  document.body.append(form);
  form.submit();
}

function showFrame(url) {
  const frame = document.createElement('iframe');
  frame.src = url;
  document.body.append(frame);
  return new Promise((resolve) => {
    frame.onload = () => resolve('loaded');
    setTimeout(() => resolve('late'), 2_000);
  });
}

/** Opens a window, waits until it has left its empty first document, and tells what can be seen of it. */
async function openWindow(url) {
  const opened = window.open(url);
  for (let looks = 0; looks < 1_000; looks++) {
    if (opened === null || opened.closed) return 'nothing';
    try {
      if (opened.location.href !== 'about:blank') return opened.document.title;
    } catch (error) {
      return error.name;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return 'still empty';
}

globalThis.foreignPage = { attack, submitForm, showFrame, openWindow };
