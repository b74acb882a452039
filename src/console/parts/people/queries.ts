import { queryOptions } from '@tanstack/react-query'
import { answerOf, api } from '../../data/client.ts'

export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: () => answerOf(api.GET('/v1/accounts')),
})

export const tokensQuery = queryOptions({ queryKey: ['tokens'], queryFn: () => answerOf(api.GET('/v1/tokens')) })

export const sessionsQuery = queryOptions({ queryKey: ['sessions'], queryFn: () => answerOf(api.GET('/v1/sessions')) })

export const administratorsQuery = queryOptions({
  queryKey: ['administrators'],
  queryFn: () => answerOf(api.GET('/v1/administrators')),
})
