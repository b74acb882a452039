import { maskSecretForms } from '../secret-forms.ts'

/** A value that is not shown by accident: it is printed, logged and serialized as `***`. */
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

/** Masks secrets in text: the values that were added, and everything that has the form of a secret. */
export class Redactor {
  readonly #values = new Set<string>()

  /** Ignores values shorter than 6 characters, which would mask ordinary text. */
  add(value: string | Secret): void {
    const text = value instanceof Secret ? value.reveal() : value
    for (const line of [text, ...text.split('\n')]) if (line.trim().length >= 6) this.#values.add(line.trim())
  }

  redact(text: string): string {
    // Forms first: a key has several lines, and values are single lines.
    let clean = maskSecretForms(text)
    for (const value of this.#values) clean = clean.replaceAll(value, '***')
    return clean
  }
}
