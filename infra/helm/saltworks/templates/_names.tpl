{{- define "saltworks.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* At most 40 characters, so that the names of pools and of what belongs to them fit behind it. */}}
{{- define "saltworks.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "saltworks.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "saltworks.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* What selects pods: it never changes, since a Deployment's selector cannot. */}}
{{- define "saltworks.selector" -}}
app.kubernetes.io/name: {{ include "saltworks.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "saltworks.labels" -}}
{{ include "saltworks.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: saltworks
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "saltworks.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "saltworks.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* An image's tag. Takes [root, image]. */}}
{{- define "saltworks.tag" -}}
{{- default (index . 0).Chart.AppVersion (index . 1).tag }}
{{- end }}

{{/* An image's address. Takes [root, image]. */}}
{{- define "saltworks.image" -}}
{{- $root := index . 0 }}
{{- $image := index . 1 }}
{{- with $root.Values.images.registry }}{{ trimSuffix "/" . }}/{{ end }}
{{- $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ include "saltworks.tag" . }}{{ end }}
{{- end }}

{{- define "saltworks.buildId" -}}
{{- default (include "saltworks.tag" (list . .Values.images.server)) .Values.versioning.buildId }}
{{- end }}

{{/* A pool with its defaults, as JSON. Takes [root, pool]. */}}
{{- define "saltworks.pool" -}}
{{- $root := index . 0 }}
{{- $pool := mergeOverwrite (deepCopy $root.Values.workerDefaults) (deepCopy (index . 1)) }}
{{- if not $pool.image.repository }}
{{- $tag := $pool.image.tag }}
{{- $_ := set $pool "image" (deepCopy (index $root.Values.images $pool.device)) }}
{{- if $tag }}{{ $_ := set $pool.image "tag" $tag }}{{ end }}
{{- end }}
{{- if has "annotate" $pool.roles }}
{{- $_ := set $pool "minReplicas" (max 1 (int $pool.minReplicas)) }}
{{- end }}
{{- toJson $pool }}
{{- end }}

{{/* The host of `url`, without its port. */}}
{{- define "saltworks.host" -}}
{{- (split ":" (urlParse .Values.url).host)._0 }}
{{- end }}

{{/* A version as part of a name: 1.2.0+gpu becomes 1-2-0-gpu. */}}
{{- define "saltworks.slug" -}}
{{- . | lower | replace "." "-" | replace "+" "-" | replace "_" "-" | trunc 15 | trimSuffix "-" }}
{{- end }}
