/** `system`: as the browser says. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'cantrip-theme'
const DARK = 'pf-v6-theme-dark'
const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)')

export function chosenTheme(): Theme {
  const found = read()
  return found === 'light' || found === 'dark' ? found : 'system'
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // The browser keeps nothing: the choice lasts until the page is loaded again.
  }
  show(theme)
}

/** Shows the chosen theme, and follows the system as long as none is chosen. */
export function applyTheme(): void {
  show(chosenTheme())
  systemIsDark.addEventListener('change', () => show(chosenTheme()))
}

function show(theme: Theme): void {
  const isDark = theme === 'dark' || (theme === 'system' && systemIsDark.matches)
  document.documentElement.classList.toggle(DARK, isDark)
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}
