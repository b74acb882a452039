import { useParameters } from '../layout/use-parameters.ts'
import { type Order, orderOf, orderText } from './rows.ts'

export interface TableState {
  words: string
  order: Order
  /** Keys of the columns; undefined: those that are not optional. */
  columns: readonly string[] | undefined
  search: (words: string) => void
  sort: (order: Order) => void
  choose: (columns: readonly string[] | undefined) => void
}

/** The state of a table is in the address of the page, which can be shared. */
export function useTableState(defaultOrder: string): TableState {
  const [params, set] = useParameters()
  return {
    words: params.get('q') ?? '',
    order: orderOf(params.get('sort') ?? defaultOrder),
    columns: params.get('columns')?.split(','),
    search: (words) => set('q', words),
    sort: (order) => set('sort', orderText(order)),
    choose: (columns) => set('columns', columns?.join(',')),
  }
}
