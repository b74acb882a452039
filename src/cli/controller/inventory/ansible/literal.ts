const MOST_DEPTH = 20

/** The value of a Python literal, as Ansible reads values of INI files; the text itself if it is none. */
export function literalOf(text: string): unknown {
  const reader = new Reader(text.trim())
  const value = reader.value(0)
  return value !== NONE && reader.isAtEnd() ? value : text
}

const NONE = Symbol('no literal')
const WORDS: Readonly<Record<string, unknown>> = { True: true, False: false, None: null }
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
}

/** Strings without prefixes, numbers, True, False, None, lists, tuples (as lists) and dictionaries. */
class Reader {
  readonly #text: string
  #at = 0
  constructor(text: string) {
    this.#text = text
  }

  /** A comment can follow. */
  isAtEnd(): boolean {
    this.#take(/\s*(?:#.*)?/y)
    return this.#at === this.#text.length
  }

  value(depth: number): unknown {
    if (depth > MOST_DEPTH) return NONE
    const char = this.#text.charAt(this.#at)
    if (char === "'" || char === '"') return this.#strings()
    if (char === '[') return this.#list(']', depth)
    if (char === '(') return this.#list(')', depth)
    if (char === '{') return this.#dictionary(depth)
    const word = this.#take(/[A-Za-z]+/y)
    if (word !== undefined) return Object.hasOwn(WORDS, word) ? WORDS[word] : NONE
    const number = this.#take(/[+-]?(?:0|[1-9][0-9]*|0+)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z_.])/y)
    if (number === undefined) return NONE
    // A long serial number would lose its last digits.
    return /^[+-]?\d+$/.test(number) && !Number.isSafeInteger(Number(number)) ? NONE : Number(number)
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    if (found !== undefined) this.#at += found.length
    return found
  }

  #has(char: string): boolean {
    this.#take(/\s*/y)
    if (this.#text.charAt(this.#at) !== char) return false
    this.#at++
    this.#take(/\s*/y)
    return true
  }

  /** Those that follow each other are one. */
  #strings(): unknown {
    let text = ''
    for (;;) {
      const quoted = this.#take(/'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y)
      if (quoted === undefined) return NONE
      text += quoted.slice(1, -1).replace(/\\([\s\S])/g, (both, next: string) => ESCAPES[next] ?? both)
      const next = /\s*(['"])/y
      next.lastIndex = this.#at
      if (!next.test(this.#text)) return text
      this.#take(/\s*/y)
    }
  }

  #list(close: string, depth: number): unknown {
    this.#at++
    this.#take(/\s*/y)
    const all: unknown[] = []
    let isTuple = close === ']'
    while (!this.#has(close)) {
      const each = this.value(depth + 1)
      if (each === NONE) return NONE
      all.push(each)
      if (this.#has(',')) {
        isTuple = true
        continue
      }
      if (!this.#has(close)) return NONE
      break
    }
    // (1) is a number in parentheses.
    return isTuple || all.length === 0 ? all : all[0]
  }

  #dictionary(depth: number): unknown {
    this.#at++
    this.#take(/\s*/y)
    const entries: [string, unknown][] = []
    while (!this.#has('}')) {
      const key = this.value(depth + 1)
      if (key === NONE || (typeof key === 'object' && key !== null) || !this.#has(':')) return NONE
      const value = this.value(depth + 1)
      if (value === NONE) return NONE
      entries.push([String(key), value])
      if (this.#has(',')) continue
      if (!this.#has('}')) return NONE
      break
    }
    return Object.fromEntries(entries)
  }
}
