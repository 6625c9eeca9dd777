/** Fetches a text, and gives up after a while. */
export async function fetchText(url, { fetch = globalThis.fetch, timeoutMs = 100 } = {}) {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}`);
  }
  return response.text();
}

export const greet = (name) => "Hello, " + name + "!";
