/** A duration as people say it: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** From one ISO moment to another, or to now. */
export function between(from: string | null, to: string | null, nowMs: number): string {
  return from === null ? "" : durationText((to === null ? nowMs : Date.parse(to)) - Date.parse(from));
}
