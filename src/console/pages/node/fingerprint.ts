/** Whether the text that somebody pasted is the fingerprint: with or without `SHA256:`, among other text, and without regard to spaces. */
export function isSameFingerprint(pasted: string, fingerprint: string): 'empty' | 'same' | 'other' {
  const text = pasted.trim()
  if (text === '') return 'empty'
  const [, found = text.replaceAll(/\s/g, '')] = /SHA256:([A-Za-z0-9+/=]+)/.exec(text) ?? []
  return bare(found) === bare(fingerprint.replace(/^SHA256:/, '')) ? 'same' : 'other'
}

const bare = (digest: string) => digest.replace(/=+$/, '')
