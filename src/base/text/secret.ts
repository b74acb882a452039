import { maskSecretForms } from '../secret-forms.ts'

/** A value that shows itself to nobody by accident: it prints, logs and serializes as `***`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***'
  }
}

/** Takes secrets out of text: those that it was told by value, and what is a secret by its form. */
export class Redactor {
  readonly #values = new Set<string>()

  /** Values shorter than 6 characters are left out: they would black out ordinary text. */
  add(value: string | Secret): void {
    const text = value instanceof Secret ? value.reveal() : value
    for (const line of [text, ...text.split('\n')]) if (line.trim().length >= 6) this.#values.add(line.trim())
  }

  redact(text: string): string {
    // Forms of several lines (a key) before the values of single ones.
    let clean = maskSecretForms(text)
    for (const value of this.#values) clean = clean.replaceAll(value, '***')
    return clean
  }
}
