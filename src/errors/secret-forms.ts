const PRIVATE_KEY = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/g
/** Bootstrap tokens and join tokens of kubeadm, bearer tokens, and user:password in URLs. */
const TOKENS: readonly [RegExp, string][] = [
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '***'],
  [/\b([Bb]earer )[A-Za-z0-9._~+/-]{8,}=*/g, '$1***'],
  [/(?<![a-z])([a-z]+:\/\/)[^\s/@:]+:[^\s/@]+@/g, '$1***@'],
]

/** Takes out of a text what is a secret by its form. */
export function maskSecretForms(text: string): string {
  return TOKENS.reduce((clean, [form, mask]) => clean.replace(form, mask), text.replace(PRIVATE_KEY, '***'))
}
