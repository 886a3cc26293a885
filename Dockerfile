# One static binary, nobody's user, nothing else in the image. Build: docker build -t deedwatch .
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /deedwatch ./cmd/deedwatch && mkdir -p /data && chown 65532:65532 /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /deedwatch /deedwatch
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
ENV DEEDWATCH_LISTEN=0.0.0.0:8080 DEEDWATCH_DATABASE=/data/deedwatch.db
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/deedwatch", "health"]
ENTRYPOINT ["/deedwatch"]
CMD ["serve"]
