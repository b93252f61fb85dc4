import sys; sys.path.insert(0,'/work/main')
import yaml,json,jsonschema
d=yaml.safe_load(open('/work/main/schemas/generated/asyncapi.yaml'))
v=jsonschema.Draft7Validator(json.load(open('/work/main/tests/schemas/asyncapi/3.1.0.json')))
e=list(v.iter_errors(d))[0]
def show(e,i=0):
    print(' '*i, list(e.absolute_path), e.message[:160], list(e.schema_path)[-4:])
    for c in e.context or []: show(c,i+2)
show(e)
