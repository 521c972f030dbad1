{{/*
What the schema cannot say: values that are needed, and values that do not go together. All faults are told at once; each names the
value, what it is, and what is expected.
*/}}
{{- define "saltworks.checks" -}}
{{- $faults := list }}
{{- with .Values }}
{{- if not .url }}{{ $faults = append $faults "url is empty; expected where people reach the page, https://saltworks.example.org" }}{{ end }}
{{- if not .database.existingSecret }}{{ $faults = append $faults "database.existingSecret is empty; expected the name of a secret with postgres://…" }}{{ end }}
{{- if not .store.url }}{{ $faults = append $faults "store.url is empty; expected s3://BUCKET/PREFIX" }}{{ end }}
{{- if and (not .store.existingSecret) (not .store.workloadIdentity) }}{{ $faults = append $faults "store.existingSecret is empty; expected the name of a secret with an access key, or store.workloadIdentity=true" }}{{ end }}
{{- if and .store.existingSecret .store.workloadIdentity }}{{ $faults = append $faults (printf "store.existingSecret=%s with store.workloadIdentity=true; expected one of the two" .store.existingSecret) }}{{ end }}
{{- if not .temporal.address }}{{ $faults = append $faults "temporal.address is empty; expected host:port of your Temporal" }}{{ end }}
{{- if not .session.existingSecret }}{{ $faults = append $faults "session.existingSecret is empty; expected the name of a secret with 32 random characters or more" }}{{ end }}
{{- if and .oidc.issuer (or (not .oidc.clientId) (not .oidc.existingSecret)) }}{{ $faults = append $faults (printf "oidc.issuer=%s without oidc.clientId or oidc.existingSecret; expected all three, or none" .oidc.issuer) }}{{ end }}
{{- if and .oidc.domains (not .oidc.issuer) }}{{ $faults = append $faults (printf "oidc.domains=%s without oidc.issuer; expected both" (join "," .oidc.domains)) }}{{ end }}
{{- if ne (empty .smtp.host) (empty .smtp.from) }}{{ $faults = append $faults (printf "smtp.host=%s and smtp.from=%s; expected both, or neither" .smtp.host .smtp.from) }}{{ end }}
{{- if ne (empty .smtp.user) (empty .smtp.existingSecret) }}{{ $faults = append $faults (printf "smtp.user=%s and smtp.existingSecret=%s; expected both, or neither" .smtp.user .smtp.existingSecret) }}{{ end }}
{{- if and .smtp.user (eq .smtp.tls "none") }}{{ $faults = append $faults (printf "smtp.user=%s with smtp.tls=none; expected starttls or implicit" .smtp.user) }}{{ end }}
{{- range $monitor := list "serviceMonitor" "podMonitor" }}
{{- if and (index $.Values.metrics $monitor).enabled (not $.Values.metrics.existingSecret) }}{{ $faults = append $faults (printf "metrics.%s.enabled=true without metrics.existingSecret; expected the name of a secret with the token of /metrics" $monitor) }}{{ end }}
{{- end }}
{{- if and .httpRoute.enabled (not .httpRoute.parentRefs) }}{{ $faults = append $faults "httpRoute.parentRefs is empty; expected the gateway of the route" }}{{ end }}
{{- if and .backup.enabled (not .backup.to) }}{{ $faults = append $faults "backup.to is empty; expected s3://BUCKET/PREFIX" }}{{ end }}
{{- if and .backup.enabled (eq (trimSuffix "/" .backup.to) (trimSuffix "/" .store.url)) }}{{ $faults = append $faults (printf "backup.to=%s, which is store.url; expected another place" .backup.to) }}{{ end }}
{{- if ge (int .server.drainSeconds) (int .server.gracePeriodSeconds) }}{{ $faults = append $faults (printf "server.gracePeriodSeconds=%d; expected more than server.drainSeconds=%d" (int .server.gracePeriodSeconds) (int .server.drainSeconds)) }}{{ end }}
{{- if and (not .versioning.enabled) .versioning.draining }}{{ $faults = append $faults "versioning.draining with versioning.enabled=false; expected no versions that drain" }}{{ end }}
{{- range .versioning.draining }}
{{- if eq .buildId (include "saltworks.buildId" $) }}{{ $faults = append $faults (printf "versioning.draining names %s, the version to be rolled out; expected versions before it" .buildId) }}{{ end }}
{{- end }}
{{- if and .keda.enabled .temporal.tls.enabled (not .temporal.apiKeySecret) (not .temporal.tls.clientSecret) }}{{ $faults = append $faults "keda.enabled=true with temporal.tls.enabled=true alone; expected temporal.tls.clientSecret or temporal.apiKeySecret, because KEDA speaks TLS to Temporal with one of them only" }}{{ end }}
{{- if .networkPolicy.enabled }}
{{- range $from := list "ingressFrom" "monitoringFrom" }}
{{- if not (index $.Values.networkPolicy $from) }}{{ $faults = append $faults (printf "networkPolicy.%s is empty, which lets anybody in; expected a namespace or pods" $from) }}{{ end }}
{{- end }}
{{- range list (list "temporal.address" (empty .temporal.address | ternary "" (printf "https://%s" .temporal.address)) "temporal") (list "store.endpoint" .store.endpoint "store") (list "backup.endpoint" .backup.endpoint "store") (list "oidc.issuer" .oidc.issuer "web") (list "models.mirror" .models.mirror "models") (list "proxy.http" .proxy.http "models") (list "proxy.https" .proxy.https "models") (list "tracing.endpoint" .tracing.endpoint "tracing") }}
{{- $url := urlParse (index . 1) }}
{{- if has $url.scheme (list "http" "https") }}
{{- $port := default (ternary "443" "80" (eq $url.scheme "https")) (regexFind ":[0-9]+$" $url.host | trimPrefix ":") }}
{{- $ports := (index $.Values.networkPolicy.egress (index . 2)).ports }}
{{- if not (has $port (toStrings $ports)) }}{{ $faults = append $faults (printf "%s leads to port %s, networkPolicy.egress.%s.ports=[%s]; expected %s among them" (index . 0) $port (index . 2) (join "," $ports) $port) }}{{ end }}
{{- end }}
{{- end }}
{{- if .smtp.host }}
{{- $port := default (get (dict "starttls" 587 "implicit" 465 "none" 25) .smtp.tls) .smtp.port | toString }}
{{- $ports := .networkPolicy.egress.mail.ports }}
{{- if not (has $port (toStrings $ports)) }}{{ $faults = append $faults (printf "smtp.host leads to port %s, networkPolicy.egress.mail.ports=[%s]; expected %s among them" $port (join "," $ports) $port) }}{{ end }}
{{- end }}
{{- end }}
{{- $secrets := list "SALTWORKS_SECRET" "SALTWORKS_DATABASE" "SALTWORKS_API_KEY" "SALTWORKS_OIDC_CLIENT_SECRET" "SALTWORKS_SMTP_PASSWORD" "SALTWORKS_METRICS_TOKEN" "SALTWORKS_TEMPORAL_API_KEY" "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN" "SALTWORKS_BACKUP_ACCESS_KEY_ID" "SALTWORKS_BACKUP_SECRET_ACCESS_KEY" "OTEL_EXPORTER_OTLP_HEADERS" "OTEL_EXPORTER_OTLP_TRACES_HEADERS" }}
{{- $places := dict "server" .server.env }}
{{- $names := list }}
{{- $roles := list }}
{{- range .workers }}
{{- $pool := include "saltworks.pool" (list $ .) | fromJson }}
{{- $places = set $places (printf "workers %s" $pool.name) $pool.env }}
{{- $roles = concat $roles $pool.roles }}
{{- if has $pool.name (concat $names (list "server" "backup" "deny" "worker" "migrate" "promote" "dashboard" "temporal")) }}{{ $faults = append $faults (printf "workers has a pool %s; expected names that differ, other than server, worker, backup, migrate, promote, deny, dashboard, temporal" $pool.name) }}{{ end }}
{{- $names = append $names $pool.name }}
{{- if and (gt (int $pool.gpus) 0) (ne $pool.device "cuda") }}{{ $faults = append $faults (printf "workers %s has gpus=%d and device=%s; expected device=cuda" $pool.name (int $pool.gpus) $pool.device) }}{{ end }}
{{- if and (eq $pool.device "cuda") (not $pool.gpus) }}{{ $faults = append $faults (printf "workers %s has device=cuda and gpus=0; expected gpus=1 or more" $pool.name) }}{{ end }}
{{- if gt (int $pool.minReplicas) (int $pool.maxReplicas) }}{{ $faults = append $faults (printf "workers %s has minReplicas=%d and maxReplicas=%d; expected maxReplicas at least as large" $pool.name (int $pool.minReplicas) (int $pool.maxReplicas)) }}{{ end }}
{{- end }}
{{- range list "extract" "propagate" "annotate" }}
{{- if not (has . $roles) }}{{ $faults = append $faults (printf "no pool of workers has the role %s; expected every role in one pool at least" .) }}{{ end }}
{{- end }}
{{- range $place, $env := $places }}
{{- range $name, $value := $env }}
{{- if has $name $secrets }}{{ $faults = append $faults (printf "%s.env has %s; expected a secret, named by existingSecret" $place $name) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- if $faults }}
{{- fail (printf "\n%s" (join "\n" $faults)) }}
{{- end }}
{{- end }}
