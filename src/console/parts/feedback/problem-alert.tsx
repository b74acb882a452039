import { Alert, type AlertProps } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import type { Remedy } from '../../../base/remedy.ts'
import { asProblem } from '../../data/problem.ts'
import { errorPage } from './error-page.ts'
import { RemedyText } from './remedy-text.tsx'

interface Told {
  code: string
  message: string
  fix?: string | undefined
  remedy?: Remedy | undefined
}

/** An error with its fix. It stays as long as its cause. */
export function ProblemAlert({
  problem: { code, message, fix = '', remedy },
  variant = 'danger',
  title,
  children,
}: {
  problem: Told
  variant?: AlertProps['variant']
  /** What was not done; default: the message itself. */
  title?: string
  children?: ReactNode
}) {
  return (
    <Alert isInline component="p" variant={variant} title={title ?? sentence(message)} className="problem">
      {title !== undefined && <p>{sentence(message)}</p>}
      {fix !== '' && (
        <p>
          <strong>Fix: </strong>
          <RemedyText fix={fix} remedy={remedy} />
        </p>
      )}
      {children}
      <Code code={code} />
    </Alert>
  )
}

function Code({ code }: { code: string }) {
  const page = errorPage(code)
  if (page === undefined) return <span className="problem-code">{code}</span>
  return (
    <a className="problem-code" href={page}>
      {code}
    </a>
  )
}

/** The same of anything that was thrown. */
export function ErrorAlert({ error, title }: { error: unknown; title?: string }) {
  return <ProblemAlert problem={asProblem(error)} title={title} />
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
