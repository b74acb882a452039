import { ClipboardCopy } from '@patternfly/react-core'

/** A command or value with a button that copies it, and says so. */
export function CopyText({ text, label, isBlock = false }: { text: string; label: string; isBlock?: boolean }) {
  return (
    <ClipboardCopy
      isReadOnly
      isCode
      isExpanded={isBlock}
      variant={isBlock ? 'expansion' : 'inline-compact'}
      hoverTip="Copy"
      clickTip="Copied"
      copyAriaLabel={`Copy ${label}`}
      textAriaLabel={label}
    >
      {text}
    </ClipboardCopy>
  )
}
