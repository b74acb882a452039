import './log.css'
import {
  Button,
  FormSelect,
  FormSelectOption,
  SearchInput,
  Switch,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import type { LogEntry } from '../../../protocol/api/events.ts'
import { saveFile } from '../../data/save-file.ts'
import { ErrorAlert } from '../feedback/problem-alert.tsx'
import { ActionButton } from '../values/action-button.tsx'
import { counted, utc } from '../values/formats.ts'
import { entryLine, entryText, levelOf } from './entry-text.ts'
import type { Log } from './use-log.ts'

const LINE_HEIGHT = 24
const LEVELS = ['debug', 'info', 'warn', 'error'] as const
const LEVEL_TITLES = { debug: 'Everything', info: 'Without progress', warn: 'Warnings and errors', error: 'Errors' }

interface LogViewProps {
  log: Log
  /** Of the file that is saved. */
  fileName: string
  words: string
  search: (words: string) => void
}

/** Events as lines: the last one stays in sight as long as they are followed. */
export function LogView({ log, fileName, words, search }: LogViewProps) {
  const [least, setLeast] = useState<(typeof LEVELS)[number]>('info')
  const [isFollowing, follow] = useState(true)
  const sought = useDeferredValue(words)
  const lines = useMemo(() => filtered(log.entries, sought, least), [log.entries, sought, least])
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    ...{ count: lines.length, overscan: 20 },
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
  })
  const count = lines.length
  useEffect(() => {
    if (isFollowing && count > 0) scroller.current?.scrollTo({ top: count * LINE_HEIGHT })
  }, [isFollowing, count])
  const whyNotSave = count === 0 ? 'No line is shown.' : undefined
  return (
    <>
      <Toolbar>
        <ToolbarContent>
          <ToolbarItem className="search">
            <SearchInput
              aria-label="Filter the lines"
              placeholder="Filter, e.g. etcd"
              value={words}
              onChange={(_, text) => search(text)}
              onClear={() => search('')}
            />
          </ToolbarItem>
          <ToolbarItem>
            <FormSelect aria-label="Level" value={least} onChange={(_, value) => setLeast(value as typeof least)}>
              {LEVELS.map((level) => (
                <FormSelectOption key={level} value={level} label={LEVEL_TITLES[level]} />
              ))}
            </FormSelect>
          </ToolbarItem>
          <ToolbarItem alignSelf="center">
            <Switch id="log-follow" label="Follow" isChecked={isFollowing} onChange={(_, is) => follow(is)} />
          </ToolbarItem>
          <ToolbarItem>
            <ActionButton
              variant="secondary"
              whyNot={whyNotSave}
              onClick={() => saveFile(fileName, `${lines.map(entryLine).join('\n')}\n`)}
            >
              Download
            </ActionButton>
          </ToolbarItem>
          {log.loadEarlier && (
            <ToolbarItem>
              <Button variant="link" onClick={log.loadEarlier}>
                Load earlier events
              </Button>
            </ToolbarItem>
          )}
        </ToolbarContent>
      </Toolbar>
      {log.error !== undefined && <ErrorAlert error={log.error} title="Earlier events cannot be shown" />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard. */}
      <section ref={scroller} className="log-lines" aria-label="Lines" tabIndex={0}>
        <div style={{ height: virtual.getTotalSize() }}>
          <div style={{ transform: `translateY(${virtual.getVirtualItems()[0]?.start ?? 0}px)` }}>
            {virtual.getVirtualItems().map(({ index }) => {
              const entry = lines[index]
              return entry && <Line key={entry.seq} entry={entry} />
            })}
          </div>
        </div>
      </section>
      <p role="status">
        {log.isLoading ? 'Loading events' : counted(count, 'line')}
        {count < log.entries.length && ` of ${log.entries.length}`}
      </p>
    </>
  )
}

function Line({ entry }: { entry: LogEntry }) {
  const level = levelOf(entry)
  return (
    <div className={`log-line ${level}`}>
      <time className="at" dateTime={entry.at} title={utc(entry.at)}>
        {TIME.format(new Date(entry.at))}
      </time>
      <span className="level">{level}</span>
      <span className="of">{entry.node?.name ?? 'cluster'}</span>
      <span>{entryText(entry)}</span>
    </div>
  )
}

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' })

function filtered(entries: readonly LogEntry[], words: string, least: (typeof LEVELS)[number]): readonly LogEntry[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  const levels = LEVELS.slice(LEVELS.indexOf(least)) as readonly string[]
  return entries.filter((entry) => {
    if (!levels.includes(levelOf(entry))) return false
    const line = entryLine(entry).toLowerCase()
    return wanted.every((word) => line.includes(word))
  })
}
