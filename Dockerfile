# Serves an export of this project:
#   docker build -t dvbpr-serve .
#   docker run --rm -p 127.0.0.1:8501:8501 -v "$PWD/out/export:/model:ro" dvbpr-serve
FROM python:3.12-slim
COPY . /src
RUN pip install --no-cache-dir /src && rm -r /src && useradd --system serve
USER serve
EXPOSE 8501
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/healthz', timeout=5)"]
# The address of the container is reached through the published port alone.
ENTRYPOINT ["dvbpr-serve", "--model=/model", "--name=dvbpr", "--host=0.0.0.0"]
