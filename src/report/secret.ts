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

const PRIVATE_KEY = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/g
/** Bootstrap tokens and join tokens of kubeadm, bearer tokens, and user:password in URLs. */
const TOKENS: readonly [RegExp, string][] = [
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '***'],
  [/\b([Bb]earer )[A-Za-z0-9._~+/-]{8,}=*/g, '$1***'],
  [/([a-z]+:\/\/)[^\s/@:]+:[^\s/@]+@/g, '$1***@'],
]

/** Takes secrets out of text: those that it was told by value, and what is a secret by its form. */
export class Redactor {
  readonly #values = new Set<string>()

  /** Values shorter than 6 characters are left out: they would black out ordinary text. */
  add(value: string | Secret): void {
    const text = value instanceof Secret ? value.reveal() : value
    for (const line of [text, ...text.split('\n')]) if (line.trim().length >= 6) this.#values.add(line.trim())
  }

  redact(text: string): string {
    let clean = text.replace(PRIVATE_KEY, '***')
    for (const value of this.#values) clean = clean.replaceAll(value, '***')
    for (const [form, mask] of TOKENS) clean = clean.replace(form, mask)
    return clean
  }
}
