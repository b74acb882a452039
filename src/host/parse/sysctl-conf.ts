/** sysctl.d(5): `key = value`, in either notation, with `-` before a key that may be missing. The last value counts. */
export function parseSysctlConf(text: string): Map<string, string> {
  const settings = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, key = '', value = ''] = /^\s*-?([^#;=\s][^=]*)=(.*)$/.exec(line) ?? []
    if (key !== '') settings.set(dotted(key.trim()), value.trim())
  }
  return settings
}

/** In a key whose first separator is a slash, dots are part of a name. */
function dotted(key: string): string {
  return /^[^./]*\//.test(key) ? key.replace(/[./]/g, (c) => (c === '/' ? '.' : '/')) : key
}
