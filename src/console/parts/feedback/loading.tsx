import { Bullseye, Spinner } from '@patternfly/react-core'

/** `what`: as in "Loading the nodes". */
export function Loading({ what }: { what: string }) {
  return (
    <Bullseye className="loading">
      <Spinner size="lg" aria-label={`Loading ${what}`} />
    </Bullseye>
  )
}
