// Runs before the first paint: a reader of the dark scheme sees no flash of light.
let chosen = null;
try {
  chosen = localStorage.getItem('tradeai-theme');
} catch {
  // Storage is off: the system's scheme it is.
}
const isDark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
