import { ERROR_STATUS } from '../../../protocol/api/errors.ts'
import { ERROR_MESSAGES } from './error-messages.generated.ts'
import { html, prose } from './html.ts'
import { page } from './style.ts'

const INTRODUCTION =
  'The `type` of each error leads here. Its `detail` says what was found and what is needed, its `fix` what to do; `remedy` is the fix as data. Codes do not change. “…” stands for what was found.'

/** Every error code of the API, with its status and its messages. Each row has its code as its id. */
export function errorsPage(): string {
  const codes = Object.entries<number>(ERROR_STATUS).sort(([a], [b]) => (a < b ? -1 : 1))
  const rows = [...codes, ['bug', 500] as const].map(([code, status]) => {
    const messages = (ERROR_MESSAGES[code] ?? []).map((message) => html`<div>${message}</div>`)
    return html`<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${messages}</td></tr>`
  })
  const groups = [...new Set(codes.map(([code]) => code.split('/')[0] ?? code))]
  const links = groups.map(
    (group) => [codes.find(([code]) => code.split('/')[0] === group)?.[0] ?? group, group] as const,
  )
  return page(
    'Error codes',
    links,
    html`<p>${prose(INTRODUCTION)}</p><table><tr><th>Code</th><th>Status</th><th>Message</th></tr>${rows}</table>`,
  )
}
