import { utc } from './formats.ts'

const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** In local time, and in UTC when the pointer is over it. */
export function Time({ at, never = 'never' }: { at: string | null | undefined; never?: string }) {
  if (at == null) return <>{never}</>
  return (
    <time dateTime={at} title={utc(at)}>
      {LOCAL.format(new Date(at))}
    </time>
  )
}
