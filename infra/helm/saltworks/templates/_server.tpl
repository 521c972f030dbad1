{{/*
A Deployment of servers. Takes root, name, component, image, buildId, replicas.
Servers take no volume: what they keep is in the database, the store and Temporal.
*/}}
{{- define "saltworks.server" -}}
{{- $root := .root }}
{{- $server := $root.Values.server }}
{{- $kinds := list "store" "database" "temporal" "metrics" "server" }}
{{- $selector := printf "%s\napp.kubernetes.io/component: %s" (include "saltworks.selector" $root) .component }}
{{- if ne .component "server" }}
{{- $selector = printf "%s\nsaltworks/version: %s" $selector (include "saltworks.slug" .buildId | quote) }}
{{- end }}
{{- $env := dict }}
{{- range list "store" "models" "imports" "database" "temporal" "metrics" "server" }}
{{- $env = mergeOverwrite $env (include (printf "saltworks.env.%s" .) $root | fromYaml) }}
{{- end }}
{{- $env = mergeOverwrite $env (include "saltworks.env.version" (list $root .buildId) | fromYaml) }}
{{- $env = mergeOverwrite $env $server.env }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels:
    {{- include "saltworks.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  replicas: {{ .replicas }}
  # Old servers end only once new ones are ready.
  strategy:
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  template:
    metadata:
      labels:
        {{- with $server.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- $selector | nindent 8 }}
      {{- with $server.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "saltworks.serviceAccountName" $root }}
      {{- include "saltworks.pod.security" $root | nindent 6 }}
      terminationGracePeriodSeconds: {{ $server.gracePeriodSeconds }}
      {{- include "saltworks.placement" (list $root $server $selector) | trim | nindent 6 }}
      containers:
        - name: server
          image: {{ .image }}
          imagePullPolicy: {{ $root.Values.images.pullPolicy }}
          args: [server]
          env:
            {{- include "saltworks.env" (list $root $env) | trim | nindent 12 }}
          ports:
            - { name: http, containerPort: 7300 }
          {{- include "saltworks.probes" "http" | nindent 10 }}
          resources:
            {{- toYaml $server.resources | nindent 12 }}
          {{- include "saltworks.container.security" $root | nindent 10 }}
          {{- include "saltworks.mounts" (list $root $kinds) | trim | nindent 10 }}
      {{- include "saltworks.volumes" (list $root $server.homeSize $kinds) | trim | nindent 6 }}
{{- end }}
