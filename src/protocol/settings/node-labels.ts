/** Labels of nodes as Kubernetes takes them; without schemas, for the start of the agent. */
export const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
export const MAX_LABEL_KEY = 317
export const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/

export function areNodeLabels(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(value).every(
    ([key, text]) =>
      key.length <= MAX_LABEL_KEY && LABEL_KEY.test(key) && typeof text === 'string' && LABEL_VALUE.test(text),
  )
}
