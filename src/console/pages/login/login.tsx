import {
  ActionGroup,
  Alert,
  Button,
  Card,
  CardBody,
  CardTitle,
  Divider,
  ExpandableSection,
  Form,
  FormGroup,
  TextInput,
} from '@patternfly/react-core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { loginOptionsQuery } from '../../data/queries.ts'
import { signInWithPassword, signInWithSecret, takeLoginCode } from '../../data/sign-in.ts'
import { ErrorAlert } from '../../parts/feedback/problem-alert.tsx'

/** Signs in with a login link, an account, an API token or at the OIDC provider. */
export default function Login({ hasEnded }: { hasEnded: boolean }) {
  const [isEnded] = useState(hasEnded)
  const queries = useQueryClient()
  const options = useQuery(loginOptionsQuery)
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [token, setToken] = useState('')
  const withPassword = useMutation({ mutationFn: () => signInWithPassword(queries, name, password) })
  const { mutate: signInWith, ...withSecret } = useMutation({
    mutationFn: (secret: string) => signInWithSecret(queries, secret),
  })
  useEffect(() => {
    document.title = 'Sign in · Cantrip'
    const code = takeLoginCode(window)
    if (code !== undefined) signInWith(code)
  }, [signInWith])
  const submit = (work: () => void) => (event: FormEvent) => {
    event.preventDefault()
    work()
  }
  return (
    <main className="login">
      <Card>
        <CardTitle component="h1">Sign in to Cantrip</CardTitle>
        <CardBody>
          {isEnded && !withSecret.isError && !withPassword.isError && (
            <Alert isInline component="p" variant="info" className="problem" title="Your session has ended">
              Sign in again; the page that you saw is shown then.
            </Alert>
          )}
          {withSecret.isError && <ErrorAlert error={withSecret.error} title="You are not signed in" />}
          {withPassword.isError && <ErrorAlert error={withPassword.error} title="You are not signed in" />}
          <Form onSubmit={submit(() => withPassword.mutate())}>
            <FormGroup label="Name" isRequired fieldId="login-name">
              <TextInput
                id="login-name"
                isRequired
                autoComplete="username"
                value={name}
                onChange={(_, text) => setName(text)}
              />
            </FormGroup>
            <FormGroup label="Password" isRequired fieldId="login-password">
              <TextInput
                id="login-password"
                type="password"
                isRequired
                autoComplete="current-password"
                value={password}
                onChange={(_, text) => setPassword(text)}
              />
            </FormGroup>
            <ActionGroup>
              <Button type="submit" isBlock isLoading={withPassword.isPending || withSecret.isPending}>
                Sign in
              </Button>
            </ActionGroup>
          </Form>
          {options.data?.oidc && (
            <Button className="after" component="a" href="/v1/login/oidc" variant="secondary" isBlock>
              Sign in at your identity provider
            </Button>
          )}
          <p className="after">
            Without an account: <code>controller console link</code>, where the controller runs, prints a link that
            signs you in, and <code>controller account create NAME</code> makes an account.
          </p>
          <Divider className="after" />
          <ExpandableSection className="after" toggleText="Sign in with an API token or a login code">
            <Form onSubmit={submit(() => signInWith(token))}>
              <FormGroup label="Token or code" isRequired fieldId="login-token">
                <TextInput
                  id="login-token"
                  type="password"
                  isRequired
                  autoComplete="off"
                  value={token}
                  onChange={(_, text) => setToken(text)}
                />
              </FormGroup>
              <ActionGroup>
                <Button type="submit" variant="secondary" isLoading={withSecret.isPending}>
                  Sign in with it
                </Button>
              </ActionGroup>
            </Form>
          </ExpandableSection>
        </CardBody>
      </Card>
    </main>
  )
}
