{{/* Settings of processes, as environment variables. Secrets are files below /run/secrets/saltworks, named by `X_FILE`. */}}

{{/* Takes [name, value]. */}}
{{- define "saltworks.variable" -}}
- name: {{ index . 0 }}
  value: {{ index . 1 | quote }}
{{- end }}

{{/* Of every process. Takes [root, settings of one's own by name]. */}}
{{- define "saltworks.env" -}}
{{- $root := index . 0 }}
{{- $set := dict "SALTWORKS_HOME" "/var/lib/saltworks" }}
{{- with $root.Values }}
{{- $_ := set $set "SALTWORKS_LOG" .log.format }}
{{- $_ := set $set "SALTWORKS_LOG_LEVEL" .log.level }}
{{- $_ := set $set "OTEL_EXPORTER_OTLP_ENDPOINT" .tracing.endpoint }}
{{- $_ := set $set "HTTP_PROXY" .proxy.http }}
{{- $_ := set $set "HTTPS_PROXY" .proxy.https }}
{{- $_ := set $set "NO_PROXY" .proxy.noProxy }}
{{- if .certificates.existingConfigMap }}
{{- $_ := set $set "NODE_EXTRA_CA_CERTS" "/etc/saltworks/certificates/ca.crt" }}
{{- end }}
{{- end }}
{{- $set = mergeOverwrite $set (index . 1) }}
{{- range $name, $value := $set }}
{{- if ne (toString $value) "" }}
{{ include "saltworks.variable" (list $name $value) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The store. */}}
{{- define "saltworks.env.store" -}}
{{- with .Values.store }}
SALTWORKS_STORE: {{ .url | quote }}
SALTWORKS_S3_ENDPOINT: {{ .endpoint | quote }}
SALTWORKS_S3_REGION: {{ .region | quote }}
{{- if .forcePathStyle }}
SALTWORKS_S3_FORCE_PATH_STYLE: "1"
{{- end }}
{{- if .existingSecret }}
AWS_ACCESS_KEY_ID_FILE: /run/secrets/saltworks/aws-access-key-id
AWS_SECRET_ACCESS_KEY_FILE: /run/secrets/saltworks/aws-secret-access-key
{{- end }}
{{- end }}
{{- end }}

{{- define "saltworks.env.models" -}}
SALTWORKS_MODELS: {{ .Values.models.mirror | quote }}
SALTWORKS_ACCEPT_LICENCES: {{ join "," .Values.models.acceptLicences | quote }}
{{- end }}

{{/* What the page may import, and how much of it is uploaded. */}}
{{- define "saltworks.env.imports" -}}
SALTWORKS_PLACES: {{ join "," .Values.imports.places | quote }}
{{- with .Values.imports.uploads }}
SALTWORKS_UPLOAD_FILE_BYTES: {{ .fileBytes | quote }}
SALTWORKS_UPLOAD_ZIP_BYTES: {{ .zipBytes | quote }}
SALTWORKS_UPLOAD_BYTES: {{ .bytes | quote }}
{{- with .files }}
SALTWORKS_UPLOAD_FILES: {{ int64 . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "saltworks.env.database" -}}
SALTWORKS_DATABASE_FILE: /run/secrets/saltworks/database
{{- end }}

{{- define "saltworks.env.backup" -}}
{{- with .Values.backup }}
SALTWORKS_BACKUP_S3_ENDPOINT: {{ .endpoint | quote }}
SALTWORKS_BACKUP_S3_REGION: {{ .region | quote }}
{{- if kindIs "bool" .forcePathStyle }}
SALTWORKS_BACKUP_S3_FORCE_PATH_STYLE: {{ ternary "1" "0" .forcePathStyle | quote }}
{{- end }}
{{- if .existingSecret }}
SALTWORKS_BACKUP_ACCESS_KEY_ID_FILE: /run/secrets/saltworks/backup-access-key-id
SALTWORKS_BACKUP_SECRET_ACCESS_KEY_FILE: /run/secrets/saltworks/backup-secret-access-key
{{- end }}
{{- end }}
{{- end }}

{{- define "saltworks.env.temporal" -}}
{{- with .Values.temporal }}
SALTWORKS_TEMPORAL_ADDRESS: {{ .address | quote }}
SALTWORKS_TEMPORAL_NAMESPACE: {{ .namespace | quote }}
{{- if .tls.enabled }}
SALTWORKS_TEMPORAL_TLS: "1"
{{- end }}
{{- if .tls.caSecret }}
SALTWORKS_TEMPORAL_TLS_CA: /run/secrets/saltworks/temporal-ca.crt
{{- end }}
{{- if .tls.clientSecret }}
SALTWORKS_TEMPORAL_TLS_CERT: /run/secrets/saltworks/temporal-client.crt
SALTWORKS_TEMPORAL_TLS_KEY: /run/secrets/saltworks/temporal-client.key
{{- end }}
{{- if .apiKeySecret }}
SALTWORKS_TEMPORAL_API_KEY_FILE: /run/secrets/saltworks/temporal-api-key
{{- end }}
{{- end }}
{{- end }}

{{- define "saltworks.env.metrics" -}}
{{- if .Values.metrics.existingSecret }}
SALTWORKS_METRICS_TOKEN_FILE: /run/secrets/saltworks/metrics-token
{{- end }}
{{- if .Values.tracing.existingSecret }}
OTEL_EXPORTER_OTLP_HEADERS_FILE: /run/secrets/saltworks/tracing-headers
{{- end }}
{{- end }}

{{- define "saltworks.env.server" -}}
SALTWORKS_HOST: 0.0.0.0
SALTWORKS_PORT: "7300"
SALTWORKS_URL: {{ .Values.url | quote }}
SALTWORKS_SECRET_FILE: /run/secrets/saltworks/session
SALTWORKS_TRUSTED_PROXIES: {{ join "," .Values.server.trustedProxies | quote }}
SALTWORKS_DRAIN_SECONDS: {{ int64 .Values.server.drainSeconds | quote }}
SALTWORKS_WEBHOOK_HOSTS: {{ join "," .Values.server.webhookHosts | quote }}
{{- with .Values.server.requestsPerMinute }}
SALTWORKS_REQUESTS_PER_MINUTE: {{ int64 . | quote }}
{{- end }}
{{- with .Values.oidc }}
{{- if .issuer }}
SALTWORKS_OIDC_ISSUER: {{ .issuer | quote }}
SALTWORKS_OIDC_CLIENT_ID: {{ .clientId | quote }}
SALTWORKS_OIDC_CLIENT_SECRET_FILE: /run/secrets/saltworks/oidc-client-secret
SALTWORKS_OIDC_DOMAINS: {{ join "," .domains | quote }}
{{- end }}
{{- end }}
{{- with .Values.smtp }}
{{- if .host }}
SALTWORKS_SMTP_HOST: {{ .host | quote }}
SALTWORKS_SMTP_FROM: {{ .from | quote }}
SALTWORKS_SMTP_TLS: {{ .tls | quote }}
{{- with .port }}
SALTWORKS_SMTP_PORT: {{ int64 . | quote }}
{{- end }}
{{- if .user }}
SALTWORKS_SMTP_USER: {{ .user | quote }}
SALTWORKS_SMTP_PASSWORD_FILE: /run/secrets/saltworks/smtp-password
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Takes [root, build id]. */}}
{{- define "saltworks.env.version" -}}
{{- with (index . 0).Values.versioning }}
{{- if .enabled }}
SALTWORKS_BUILD_ID: {{ index $ 1 | quote }}
SALTWORKS_DEPLOYMENT: {{ .deployment | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Files of a pod's secrets. Takes [root, kinds of secrets: store, backup, database, temporal, metrics, server]. */}}
{{- define "saltworks.secrets" -}}
{{- $root := index . 0 }}
{{- $kinds := index . 1 }}
{{- with $root.Values }}
{{- if and (has "store" $kinds) .store.existingSecret }}
{{ include "saltworks.secret" (list .store.existingSecret .store.accessKeyIdKey "aws-access-key-id" .store.secretAccessKeyKey "aws-secret-access-key") }}
{{- end }}
{{- if has "database" $kinds }}
{{ include "saltworks.secret" (list .database.existingSecret .database.key "database") }}
{{- end }}
{{- if and (has "backup" $kinds) .backup.existingSecret }}
{{ include "saltworks.secret" (list .backup.existingSecret .backup.accessKeyIdKey "backup-access-key-id" .backup.secretAccessKeyKey "backup-secret-access-key") }}
{{- end }}
{{- if has "temporal" $kinds }}
{{- with .temporal.tls.caSecret }}
{{ include "saltworks.secret" (list . $root.Values.temporal.tls.caKey "temporal-ca.crt") }}
{{- end }}
{{- with .temporal.tls.clientSecret }}
{{ include "saltworks.secret" (list . "tls.crt" "temporal-client.crt" "tls.key" "temporal-client.key") }}
{{- end }}
{{- with .temporal.apiKeySecret }}
{{ include "saltworks.secret" (list . $root.Values.temporal.apiKeyKey "temporal-api-key") }}
{{- end }}
{{- end }}
{{- if and (has "metrics" $kinds) .metrics.existingSecret }}
{{ include "saltworks.secret" (list .metrics.existingSecret .metrics.key "metrics-token") }}
{{- end }}
{{- if and (has "metrics" $kinds) .tracing.existingSecret }}
{{ include "saltworks.secret" (list .tracing.existingSecret .tracing.key "tracing-headers") }}
{{- end }}
{{- if has "server" $kinds }}
{{ include "saltworks.secret" (list .session.existingSecret .session.key "session") }}
{{- if .oidc.issuer }}
{{ include "saltworks.secret" (list .oidc.existingSecret .oidc.key "oidc-client-secret") }}
{{- end }}
{{- if and .smtp.host .smtp.user }}
{{ include "saltworks.secret" (list .smtp.existingSecret .smtp.key "smtp-password") }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Takes [secret, key, file, key, file …]. */}}
{{- define "saltworks.secret" -}}
- secret:
    name: {{ index . 0 }}
    items:
      - { key: {{ index . 1 | quote }}, path: {{ index . 2 }} }
      {{- if gt (len .) 3 }}
      - { key: {{ index . 3 | quote }}, path: {{ index . 4 }} }
      {{- end }}
{{- end }}
